-- One row per product and lifetime that occurs: the fraction of pores that live longer, by Kaplan and Meier,
-- censored lives included as lower bounds.
-- like tracks: product, lifetime_h
-- column at_risk int64 : Lives not over before this time
-- column ended int64 : Lives that ended at this time
-- column censored int64 : Lives that were seen no longer than this, their birth or death unseen
-- column surviving float64 : Estimated fraction of pores that live longer
-- param br_from DOUBLE = 0 : Smallest |mean Br| over the life, G
-- param br_to DOUBLE = null : Largest |mean Br|, G, not included; null: no limit
-- param min_obs INTEGER = 2 : Fewest observations of a track
WITH
lives AS (
    SELECT product, lifetime_h, censored
    FROM pore_lifetime
    WHERE
        n_obs >= $min_obs
        AND abs_mean_br >= $br_from
        AND abs_mean_br < coalesce($br_to, 'infinity'::DOUBLE)
),
times AS (
    SELECT
        product,
        lifetime_h,
        count(*) AS here,
        count(*) FILTER (NOT censored) AS ended,
        count(*) FILTER (censored) AS censored
    FROM lives
    GROUP BY product, lifetime_h
),
risks AS (
    SELECT
        product,
        lifetime_h,
        sum(here) OVER (PARTITION BY product ORDER BY lifetime_h DESC)::BIGINT AS at_risk,
        ended,
        censored
    FROM times
)
SELECT
    product,
    lifetime_h,
    at_risk,
    ended,
    censored,
    product(1 - ended / at_risk) OVER (PARTITION BY product ORDER BY lifetime_h) AS surviving
FROM risks
ORDER BY product, lifetime_h
