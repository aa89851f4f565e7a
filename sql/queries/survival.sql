-- One row per product and lifetime that occurs: the fraction of features that live longer, by Kaplan and Meier
-- (1958), with confidence limits by Greenwood's variance and the log-log transform: what lifelines gives. Lives
-- are measured in frames: a feature of lifetime_h really lived between that and two cadences longer.
-- like tracks: product, lifetime_h
-- column at_risk int64 {meta.number} : Lives not over before this time
-- column ended int64 {meta.number} : Lives that ended at this time
-- column censored int64 {meta.number} : Lives of which no more was seen: lower bounds
-- column surviving float64 {stat.probability} : Estimated fraction of features that live longer
-- column lower float64 {stat.probability;stat.min} : Lower confidence limit of surviving
-- column upper float64 {stat.probability;stat.max} : Upper confidence limit of surviving
-- param kind VARCHAR = pore (pore, umbra, null) : `pore`, `umbra`; null: both
-- param min_obs INTEGER = 2 : Fewest observations of a life
-- param min_mu DOUBLE = 0 : Smallest cosine of the heliocentric angle that a life may reach
-- param br_from DOUBLE = null : Smallest |mean Br| over the life, G; null: no limit, lives without known field too
-- param br_to DOUBLE = null : Largest |mean Br|, G, not included; null: no limit
-- param births VARCHAR = seen (seen, all) : `seen`: lives whose birth was seen; `all`: others as lower bounds too
-- param z DOUBLE = 1.959963984540054 (> 0) : Normal deviate of the limits; this one for 95 %, 1 for 68 %
SELECT
    product,
    lifetime_h,
    at_risk,
    ended,
    censored,
    surviving,
    lower,
    upper
FROM survival_by(
    ($br_from IS NULL OR abs(mean_br) >= $br_from) AND ($br_to IS NULL OR abs(mean_br) < $br_to),
    $births,
    $kind,
    $min_obs,
    $min_mu,
    z := $z
)
WHERE bin
ORDER BY product, lifetime_h
