-- One row per life of a pore and phase: its rate of growth, of those that were seen to emerge, and of decay, of
-- those that were seen to decay.
-- param least_obs INTEGER : Fewest observations in a phase
-- param least_mu DOUBLE : Smallest cosine of the heliocentric angle that a life may reach
-- example FROM phase_rates(3, 0.5)
CREATE MACRO phase_rates(least_obs, least_mu) AS TABLE
WITH sides AS (
    -- both phases in one pass over all features
    SELECT
        track_id,
        harpnum,
        product,
        unnest(['growth', 'decay']) AS phase,
        unnest([n_growth, n_decay]) AS n_obs,
        unnest([growth_mm2_h, decay_mm2_h]) AS rate,
        unnest([birth = 'emerged', death = 'decayed']) AS seen,
        max_area_mm2
    FROM pore_rates
    WHERE min_mu >= least_mu
)
SELECT track_id, harpnum, product, phase, n_obs, rate, max_area_mm2
FROM sides
WHERE seen AND n_obs >= greatest(2, least_obs)
