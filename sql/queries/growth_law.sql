-- One row per product and phase: the straight line through the rates of growth or decay of pores against their
-- largest area, rate = intercept + slope * area, by least squares (linear for pores: Tlatov 2025).
-- like tracks: product
-- column phase string {meta.code} : `growth` or `decay`
-- column n int64 {meta.number} : Lives
-- column slope_per_h float64 [1/h] {stat.fit.param;phys.area} : Slope of rate against largest area
-- column slope_err_per_h float64 [1/h] {stat.error;stat.fit.param} : Its standard error; null for two lives
-- column intercept_mm2_h float64 [Mm2/h] {stat.fit.param;phys.area} : Rate at no area, by the line
-- column correlation float64 {stat.correlation} : Of rate and largest area
-- column median_per_h float64 [1/h] {arith.rate;stat.median} : Median of rate over largest area
-- param min_obs INTEGER = 3 : Fewest observations in a phase
-- param min_mu DOUBLE = 0 : Smallest cosine of the heliocentric angle that a life may reach
WITH lines AS (
    SELECT
        product,
        phase,
        count(*) AS n,
        regr_slope(rate, max_area_mm2) AS slope,
        regr_intercept(rate, max_area_mm2) AS intercept,
        regr_sxx(rate, max_area_mm2) AS sxx,
        regr_syy(rate, max_area_mm2) AS syy,
        median(rate / max_area_mm2) AS relative
    FROM phase_rates($min_obs, $min_mu)
    GROUP BY product, phase
)
SELECT
    product,
    phase,
    n,
    if(sxx > 0, slope, NULL) AS slope_per_h,
    if(n > 2 AND sxx > 0, sqrt(greatest(0, syy - slope ** 2 * sxx) / (n - 2) / sxx), NULL) AS slope_err_per_h,
    if(sxx > 0, intercept, NULL) AS intercept_mm2_h,
    if(sxx > 0 AND syy > 0, slope * sqrt(sxx / syy), NULL) AS correlation,
    relative AS median_per_h
FROM lines
ORDER BY product, phase DESC
