-- One row per product and bin of |mean Br|: how long pores live. Lives whose birth or death was not seen are
-- censored: they are counted apart, do not enter the median of complete lives, and bound the survival median
-- from below only.
-- like tracks: product
-- column br_from float64 [G] : Lower edge of the bin of |mean Br| over the life; null: no field known
-- column br_to float64 [G] : Upper edge of the bin, not in it
-- column n int64 : Pore tracks
-- column n_censored int64 : Of these, lives seen in part: longer than their lifetime_h
-- column n_complete int64 : Of these, lives seen from birth to death
-- column median_lifetime_h float64 [h] : Median lifetime of complete lives; short lives are favoured in it
-- column q25_lifetime_h float64 [h] : Quarter of the complete lives is shorter
-- column q75_lifetime_h float64 [h] : Quarter of the complete lives is longer
-- column longest_censored_h float64 [h] : Longest of the censored lives: a lower bound
-- column survival_median_h float64 [h] : Kaplan-Meier median of all lives; null if most outlive what was seen
-- param bin_g DOUBLE = 200 : Width of a bin of |mean Br|, G
-- param min_obs INTEGER = 2 : Fewest observations of a track
-- param min_mu DOUBLE = 0 : Smallest cosine of the heliocentric angle that a track may reach
WITH
lives AS (
    SELECT product, floor(abs_mean_br / $bin_g) AS bin, lifetime_h, censored
    FROM pore_lifetime
    WHERE n_obs >= $min_obs AND min_mu >= $min_mu
),
times AS (
    SELECT product, bin, lifetime_h, count(*) AS here, count(*) FILTER (NOT censored) AS ended
    FROM lives
    GROUP BY product, bin, lifetime_h
),
-- Kaplan & Meier 1958; at_risk: lives not over before this time
risks AS (
    SELECT
        product,
        bin,
        lifetime_h,
        ended,
        sum(here) OVER (PARTITION BY product, bin ORDER BY lifetime_h DESC) AS at_risk
    FROM times
),
survival AS (
    SELECT
        product,
        bin,
        lifetime_h,
        product(1 - ended / at_risk) OVER (PARTITION BY product, bin ORDER BY lifetime_h) AS surviving
    FROM risks
),
medians AS (
    SELECT product, bin, min(lifetime_h) AS survival_median_h
    FROM survival
    WHERE surviving <= 0.5 + 1e-9
    GROUP BY product, bin
)
SELECT
    lives.product,
    lives.bin * $bin_g AS br_from,
    (lives.bin + 1) * $bin_g AS br_to,
    count(*) AS n,
    count(*) FILTER (censored) AS n_censored,
    count(*) FILTER (NOT censored) AS n_complete,
    median(lifetime_h) FILTER (NOT censored) AS median_lifetime_h,
    quantile_cont(lifetime_h, 0.25) FILTER (NOT censored) AS q25_lifetime_h,
    quantile_cont(lifetime_h, 0.75) FILTER (NOT censored) AS q75_lifetime_h,
    max(lifetime_h) FILTER (censored) AS longest_censored_h,
    any_value(survival_median_h) AS survival_median_h
FROM lives
LEFT JOIN medians ON lives.product = medians.product AND lives.bin IS NOT DISTINCT FROM medians.bin
GROUP BY lives.product, lives.bin
ORDER BY lives.product, lives.bin
