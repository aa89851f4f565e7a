-- One row per product and bin of the radial field at the boundary, mean over the life: how long features live,
-- censored lives honoured. By the Jurcak criterion what has at least the critical vertical field at its boundary
-- is stable: 1867 G at that of umbrae (Jurcak et al. 2018, A&A 611, L4). Pores are lower, 1400 to 1600 G.
-- like tracks: product
-- column br_from float64 [G] {phys.magField;stat.min} : Lower edge of the bin of |boundary Br|; null: unknown
-- column br_to float64 [G] {phys.magField;stat.max} : Upper edge of the bin, not in it
-- column n int64 {meta.number} : Lives
-- column n_critical int64 {meta.number} : Of these, lives that reach the critical field in any observation
-- column n_censored int64 {meta.number} : Of these, lives whose birth or death was not seen
-- column survival_median_h float64 [h] {time.duration;stat.median} : By Kaplan and Meier; null if never reached
-- column survival_low_h float64 [h] {time.duration;stat.min} : Lower 95 % limit of survival_median_h
-- column survival_high_h float64 [h] {time.duration;stat.max} : Upper 95 % limit; null: not reached
-- column median_lifetime_h float64 [h] {time.duration;stat.median} : Of complete lives, naively: too short
-- column n_births_seen int64 {meta.number} : Of these, lives whose birth was seen: those in the survival median
-- param critical_g DOUBLE = 1867 : Critical vertical field, G
-- param bin_g DOUBLE = 200 (> 0) : Width of a bin, G
-- param kind VARCHAR = pore (pore, umbra, null) : `pore`, `umbra`; null: both
-- param min_obs INTEGER = 2 : Fewest observations of a life
-- param min_mu DOUBLE = 0 : Smallest cosine of the heliocentric angle that a life may reach
-- param births VARCHAR = seen (seen, all) : `seen`: lives whose birth was seen; `all`: others as lower bounds too
WITH
-- asked twice: what is at the boundary needs all features
lives AS MATERIALIZED (
    SELECT
        product,
        kind,
        n_obs,
        min_mu,
        lifetime_h,
        birth_seen,
        death_seen,
        boundary_br,
        max_boundary_br
    FROM lives
),
critical AS (
    SELECT
        product,
        floor(abs(boundary_br) / $bin_g) AS bin,
        count(*) FILTER (max_boundary_br >= $critical_g) AS n_critical
    FROM lives
    WHERE kind = coalesce($kind, kind) AND n_obs >= $min_obs AND min_mu >= $min_mu
    GROUP BY product, bin
)
SELECT
    found.product,
    found.bin * $bin_g AS br_from,
    (found.bin + 1) * $bin_g AS br_to,
    found.n,
    critical.n_critical,
    found.n_censored,
    found.survival_median_h,
    found.survival_low_h,
    found.survival_high_h,
    found.median_lifetime_h,
    found.n_births_seen
FROM lifetimes_by(floor(abs(boundary_br) / $bin_g), $births, $kind, $min_obs, $min_mu) AS found
JOIN critical ON found.product = critical.product AND found.bin IS NOT DISTINCT FROM critical.bin
ORDER BY found.product, found.bin
