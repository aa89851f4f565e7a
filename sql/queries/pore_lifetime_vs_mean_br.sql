-- One row per product and bin of |mean Br|: how long pores live. Lives whose birth or death was not seen are
-- censored: they are counted apart and do not enter the median of complete lives. The survival median takes
-- every life whose birth was seen, bounded from below by what was seen of it: see lifetime_vs_br.
-- like tracks: product
-- column br_from float64 [G] {phys.magField;stat.min} : Lower edge of the bin of |mean Br|; null: unknown
-- column br_to float64 [G] {phys.magField;stat.max} : Upper edge of the bin, not in it
-- column n int64 {meta.number} : Pore tracks
-- column n_censored int64 {meta.number} : Of these, lives seen in part: longer than their lifetime_h
-- column n_complete int64 {meta.number} : Of these, lives seen from birth to death
-- column median_lifetime_h float64 [h] {time.duration;stat.median} : Of complete lives; short ones are favoured
-- column q25_lifetime_h float64 [h] {time.duration} : Quarter of the complete lives is shorter
-- column q75_lifetime_h float64 [h] {time.duration} : Quarter of the complete lives is longer
-- column longest_censored_h float64 [h] {time.duration;stat.max} : Longest censored life: a lower bound
-- column survival_median_h float64 [h] {time.duration;stat.median} : By Kaplan and Meier; null if never reached
-- param bin_g DOUBLE = 200 (> 0) : Width of a bin of |mean Br|, G
-- param min_obs INTEGER = 2 : Fewest observations of a track
-- param min_mu DOUBLE = 0 : Smallest cosine of the heliocentric angle that a track may reach
SELECT
    product,
    bin * $bin_g AS br_from,
    (bin + 1) * $bin_g AS br_to,
    n,
    n_censored,
    n_complete,
    median_lifetime_h,
    q25_lifetime_h,
    q75_lifetime_h,
    longest_censored_h,
    survival_median_h
FROM lifetimes_by(floor(abs(mean_br) / $bin_g), 'seen', 'pore', $min_obs, $min_mu)
ORDER BY product, bin
