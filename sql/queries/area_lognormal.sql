-- One row per product: the log-normal law of the largest area of pores, by maximum likelihood (scipy: lognorm with
-- loc 0, s = sigma, scale = median_mm2). Areas below the detection limit are missing, which lifts the median and
-- narrows the law; skewness and kurtosis of ln(area) tell how far from log-normal it is: both are 0 for one.
-- like tracks: product
-- column n int64 {meta.number} : Pore tracks
-- column n_censored int64 {meta.number} : Of these, lives seen in part, which may have been larger
-- column median_mm2 float64 [Mm2] {stat.fit.param;phys.area} : exp of the mean of ln(area): median of the law
-- column sigma float64 {stat.fit.param} : Standard deviation of ln(area)
-- column median_err_mm2 float64 [Mm2] {stat.error;phys.area} : Standard error of median_mm2
-- column sigma_err float64 {stat.error} : Standard error of sigma
-- column mode_mm2 float64 [Mm2] {stat.fit.param;phys.area} : Most frequent area of the law
-- column mean_mm2 float64 [Mm2] {stat.fit.param;phys.area} : Mean area of the law
-- column skewness float64 {stat.fit.goodness} : Of ln(area); null for fewer than three lives
-- column kurtosis float64 {stat.fit.goodness} : Excess kurtosis of ln(area); null for fewer than four lives
-- column below_5_mm2 float64 {stat.probability} : Fraction below 5 Mm2, counted
-- param min_obs INTEGER = 1 : Fewest observations of a track
-- param min_mu DOUBLE = 0 : Smallest cosine of the heliocentric angle that a track may reach
WITH laws AS (
    SELECT
        product,
        count(*) AS n,
        count(*) FILTER (censored) AS n_censored,
        avg(ln(max_area_mm2)) AS mu,
        stddev_pop(ln(max_area_mm2)) AS sigma,
        if(count(*) > 2 AND stddev_pop(ln(max_area_mm2)) > 0, skewness(ln(max_area_mm2)), NULL) AS skewness,
        if(count(*) > 3 AND stddev_pop(ln(max_area_mm2)) > 0, kurtosis(ln(max_area_mm2)), NULL) AS kurtosis,
        count(*) FILTER (max_area_mm2 < 5) / count(*) AS below_5_mm2
    FROM pore_lifetime
    WHERE n_obs >= $min_obs AND min_mu >= $min_mu
    GROUP BY product
)
SELECT
    product,
    n,
    n_censored,
    exp(mu) AS median_mm2,
    sigma,
    exp(mu) * sigma / sqrt(n) AS median_err_mm2,
    sigma / sqrt(2 * n) AS sigma_err,
    exp(mu - sigma ** 2) AS mode_mm2,
    exp(mu + sigma ** 2 / 2) AS mean_mm2,
    skewness,
    kurtosis,
    below_5_mm2
FROM laws
ORDER BY product
