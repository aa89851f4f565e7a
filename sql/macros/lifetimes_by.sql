-- One row per product and group: how long features live, naively and by Kaplan and Meier.
-- param group_of ANY : Expression over the columns of `lives`; lives of equal value are one group
-- param births VARCHAR : Lives in the survival median: `seen` or `all`, see survival_by
-- param kind_is VARCHAR : `pore`, `umbra`; null: both
-- param least_obs INTEGER : Fewest observations of a life
-- param least_mu DOUBLE : Smallest cosine of the heliocentric angle that a life may reach
-- example FROM lifetimes_by(mean_lat > 0, 'seen', 'pore', 2, 0.5)
CREATE MACRO lifetimes_by(group_of, births, kind_is, least_obs, least_mu) AS TABLE
WITH
counts AS (
    SELECT
        product,
        group_of AS bin,
        count(*) AS n,
        count(*) FILTER (NOT (birth_seen AND death_seen)) AS n_censored,
        count(*) FILTER (birth_seen AND death_seen) AS n_complete,
        count(*) FILTER (birth_seen) AS n_births_seen,
        median(lifetime_h) FILTER (birth_seen AND death_seen) AS median_lifetime_h,
        quantile_cont(lifetime_h, 0.25) FILTER (birth_seen AND death_seen) AS q25_lifetime_h,
        quantile_cont(lifetime_h, 0.75) FILTER (birth_seen AND death_seen) AS q75_lifetime_h,
        max(lifetime_h) FILTER (NOT (birth_seen AND death_seen)) AS longest_censored_h
    FROM lives
    WHERE lives.kind = coalesce(kind_is, lives.kind) AND n_obs >= least_obs AND min_mu >= least_mu
    GROUP BY product, bin
),
medians AS (
    -- half, but for what rounding does to a product that is exactly that
    SELECT
        product,
        bin,
        min(lifetime_h) FILTER (surviving <= 0.5 + 1e-9) AS survival_median_h,
        min(lifetime_h) FILTER (lower <= 0.5 + 1e-9) AS survival_low_h,
        min(lifetime_h) FILTER (upper <= 0.5 + 1e-9) AS survival_high_h
    FROM survival_by(group_of, births, kind_is, least_obs, least_mu)
    GROUP BY product, bin
)
SELECT
    counts.product,
    counts.bin,
    counts.n,
    counts.n_censored,
    counts.n_complete,
    counts.n_births_seen,
    counts.median_lifetime_h,
    counts.q25_lifetime_h,
    counts.q75_lifetime_h,
    counts.longest_censored_h,
    medians.survival_median_h,
    medians.survival_low_h,
    medians.survival_high_h
FROM counts
LEFT JOIN medians ON counts.product = medians.product AND counts.bin IS NOT DISTINCT FROM medians.bin
