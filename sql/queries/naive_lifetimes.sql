-- One row per product and bin of lifetime: the histogram of lives seen whole beside the survival curve of all
-- lives whose birth was seen, which says how wrong the histogram is: long lives are seldom seen whole.
-- like tracks: product
-- column lifetime_from_h float64 [h] {time.duration;stat.min} : Lower edge of the bin
-- column lifetime_to_h float64 [h] {time.duration;stat.max} : Upper edge of the bin, not in it
-- column n_complete int64 {meta.number} : Lives seen from birth to death in the bin
-- column n_censored int64 {meta.number} : Lives of which birth or death was not seen, by what was seen of them
-- column naive_fraction float64 {stat.probability} : n_complete over all complete lives
-- column fraction float64 {stat.probability} : Fraction of all lives in the bin, by Kaplan and Meier
-- column naive_surviving float64 {stat.probability} : Fraction of the complete lives that reach lifetime_to_h
-- column surviving float64 {stat.probability} : Fraction of all lives that reach it, by Kaplan and Meier
-- column lower float64 {stat.probability;stat.min} : Lower 95 % limit of surviving
-- column upper float64 {stat.probability;stat.max} : Upper 95 % limit of surviving
-- param bin_h DOUBLE = 1 (> 0) : Width of a bin, h
-- param kind VARCHAR = pore (pore, umbra, null) : `pore`, `umbra`; null: both
-- param min_obs INTEGER = 2 : Fewest observations of a life
-- param min_mu DOUBLE = 0 : Smallest cosine of the heliocentric angle that a life may reach
WITH
binned AS (
    SELECT
        product,
        -- frames are on a grid that floating point does not hold exactly
        floor(lifetime_h / $bin_h + 1e-6) AS bin,
        count(*) FILTER (birth_seen AND death_seen) AS n_complete,
        count(*) FILTER (NOT (birth_seen AND death_seen)) AS n_censored
    FROM lives
    WHERE kind = coalesce($kind, kind) AND n_obs >= $min_obs AND min_mu >= $min_mu
    GROUP BY product, bin
),
ends AS (
    SELECT
        product,
        floor(lifetime_h / $bin_h + 1e-6) AS step,
        min(surviving) AS surviving,
        min(lower) AS lower,
        min(upper) AS upper
    FROM survival_by(true, 'seen', $kind, $min_obs, $min_mu)
    GROUP BY product, step
),
-- a bin without births seen is crossed at the level of the bin before
curves AS (
    SELECT
        binned.product,
        binned.bin,
        binned.n_complete,
        binned.n_censored,
        sum(binned.n_complete) OVER (PARTITION BY binned.product) AS n_all,
        sum(binned.n_complete) OVER so_far AS n_ended,
        coalesce(last_value(ends.surviving IGNORE NULLS) OVER so_far, 1) AS surviving,
        coalesce(last_value(ends.lower IGNORE NULLS) OVER so_far, 1) AS lower,
        coalesce(last_value(ends.upper IGNORE NULLS) OVER so_far, 1) AS upper
    FROM binned
    LEFT JOIN ends ON binned.product = ends.product AND binned.bin = ends.step
    WINDOW so_far AS (PARTITION BY binned.product ORDER BY binned.bin)
)
SELECT
    product,
    bin * $bin_h AS lifetime_from_h,
    (bin + 1) * $bin_h AS lifetime_to_h,
    n_complete,
    n_censored,
    n_complete / nullif(n_all, 0) AS naive_fraction,
    lag(surviving, 1, 1.0) OVER (PARTITION BY product ORDER BY bin) - surviving AS fraction,
    1 - n_ended / nullif(n_all, 0) AS naive_surviving,
    surviving,
    lower,
    upper
FROM curves
ORDER BY product, bin
