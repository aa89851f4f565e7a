-- One row per life of a pore and phase: its rate of growth, of those that were seen to emerge, and of decay, of
-- those that were seen to decay.
-- param least_obs INTEGER : Fewest observations in a phase
-- param least_mu DOUBLE : Smallest cosine of the heliocentric angle that a life may reach
-- example FROM phase_rates(3, 0.5)
CREATE MACRO phase_rates(least_obs, least_mu) AS TABLE
SELECT track_id, harpnum, product, 'growth' AS phase, n_growth AS n_obs, growth_mm2_h AS rate, max_area_mm2
FROM pore_rates
WHERE birth = 'emerged' AND n_growth >= greatest(2, least_obs) AND min_mu >= least_mu
UNION ALL
SELECT track_id, harpnum, product, 'decay', n_decay, decay_mm2_h, max_area_mm2
FROM pore_rates
WHERE death = 'decayed' AND n_decay >= greatest(2, least_obs) AND min_mu >= least_mu
