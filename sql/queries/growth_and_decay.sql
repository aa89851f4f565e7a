-- One row per product, phase and bin of the largest area: how fast pores grow and decay. Growth of those that
-- were seen to emerge, decay of those that were seen to decay; see growth_law for the straight line through them.
-- like tracks: product
-- column phase string {meta.code} : `growth` or `decay`
-- column area_from float64 [Mm2] {phys.area;stat.min} : Lower edge of the bin of largest area
-- column area_to float64 [Mm2] {phys.area;stat.max} : Upper edge of the bin, not in it
-- column n int64 {meta.number} : Lives
-- column median_mm2_h float64 [Mm2/h] {arith.rate;phys.area;stat.median} : Median rate; of decay negative
-- column q25_mm2_h float64 [Mm2/h] {arith.rate;phys.area} : Quarter of the rates is lower
-- column q75_mm2_h float64 [Mm2/h] {arith.rate;phys.area} : Quarter of the rates is higher
-- column median_per_h float64 [1/h] {arith.rate;stat.median} : Median of rate over largest area
-- param bins_per_decade DOUBLE = 5 (> 0) : Bins to a factor of ten in area
-- param min_obs INTEGER = 3 : Fewest observations in a phase
-- param min_mu DOUBLE = 0 : Smallest cosine of the heliocentric angle that a life may reach
SELECT
    product,
    phase,
    round(10 ** (floor(log10(max_area_mm2) * $bins_per_decade) / $bins_per_decade), 6) AS area_from,
    round(10 ** ((floor(log10(max_area_mm2) * $bins_per_decade) + 1) / $bins_per_decade), 6) AS area_to,
    count(*) AS n,
    median(rate) AS median_mm2_h,
    quantile_cont(rate, 0.25) AS q25_mm2_h,
    quantile_cont(rate, 0.75) AS q75_mm2_h,
    median(rate / max_area_mm2) AS median_per_h
FROM phase_rates($min_obs, $min_mu)
GROUP BY product, phase, area_from, area_to
ORDER BY product, phase DESC, area_from
