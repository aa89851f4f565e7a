-- One row per product and lifetime that occurs: the fraction of pores that live longer, by Kaplan and Meier, of
-- lives whose birth was seen; see survival, which gives limits too.
-- like tracks: product, lifetime_h
-- column at_risk int64 {meta.number} : Lives not over before this time
-- column ended int64 {meta.number} : Lives that ended at this time
-- column censored int64 {meta.number} : Lives that were seen no longer than this, their death unseen
-- column surviving float64 {stat.probability} : Estimated fraction of pores that live longer
-- param br_from DOUBLE = 0 : Smallest |mean Br| over the life, G
-- param br_to DOUBLE = null : Largest |mean Br|, G, not included; null: no limit
-- param min_obs INTEGER = 2 : Fewest observations of a track
SELECT
    product,
    lifetime_h,
    at_risk,
    ended,
    censored,
    surviving
FROM survival_by(
    abs(mean_br) >= $br_from AND abs(mean_br) < coalesce($br_to, 'infinity'::DOUBLE), 'seen', 'pore', $min_obs, 0
)
WHERE bin
ORDER BY product, lifetime_h
