-- One row per product and bin of |mean Br|: how long features live, censored lives honoured.
-- like tracks: product
-- column br_from float64 [G] {phys.magField;stat.min} : Lower edge of the bin of |mean Br|; null: unknown
-- column br_to float64 [G] {phys.magField;stat.max} : Upper edge of the bin, not in it
-- column n int64 {meta.number} : Lives
-- column n_censored int64 {meta.number} : Of these, lives whose birth or death was not seen
-- column survival_median_h float64 [h] {time.duration;stat.median} : By Kaplan and Meier; null if never reached
-- column survival_low_h float64 [h] {time.duration;stat.min} : Lower 95 % limit of survival_median_h
-- column survival_high_h float64 [h] {time.duration;stat.max} : Upper 95 % limit; null: not reached
-- column median_lifetime_h float64 [h] {time.duration;stat.median} : Of complete lives, naively: too short
-- column n_births_seen int64 {meta.number} : Of these, lives whose birth was seen: those in the survival median
-- column n_complete int64 {meta.number} : Of these, lives seen from birth to death
-- column longest_censored_h float64 [h] {time.duration;stat.max} : Longest life seen in part
-- param bin_g DOUBLE = 200 (> 0) : Width of a bin of |mean Br|, G
-- param kind VARCHAR = pore (pore, umbra, null) : `pore`, `umbra`; null: both
-- param min_obs INTEGER = 2 : Fewest observations of a life
-- param min_mu DOUBLE = 0 : Smallest cosine of the heliocentric angle that a life may reach
-- param births VARCHAR = seen (seen, all) : `seen`: lives whose birth was seen; `all`: others as lower bounds too
SELECT
    product,
    bin * $bin_g AS br_from,
    (bin + 1) * $bin_g AS br_to,
    n,
    n_censored,
    survival_median_h,
    survival_low_h,
    survival_high_h,
    median_lifetime_h,
    n_births_seen,
    n_complete,
    longest_censored_h
FROM lifetimes_by(floor(abs(mean_br) / $bin_g), $births, $kind, $min_obs, $min_mu)
ORDER BY product, bin
