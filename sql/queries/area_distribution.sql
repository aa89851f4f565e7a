-- One row per product and bin of area, logarithmic: how many pores have it at their largest.
-- like tracks: product
-- column area_from float64 [Mm2] : Lower edge of the bin
-- column area_to float64 [Mm2] : Upper edge of the bin, not in it
-- column n int64 : Pore tracks whose largest area is in the bin
-- column n_censored int64 : Of these, lives seen in part, which may have been larger
-- column fraction float64 : n over all pore tracks of the product
-- param bins_per_decade DOUBLE = 5 (> 0) : Bins to a factor of ten in area
WITH lives AS (
    SELECT product, floor(log10(max_area_mm2) * $bins_per_decade) AS bin, censored
    FROM pore_lifetime
)
SELECT
    product,
    round(10 ** (bin / $bins_per_decade), 6) AS area_from,
    round(10 ** ((bin + 1) / $bins_per_decade), 6) AS area_to,
    count(*) AS n,
    count(*) FILTER (censored) AS n_censored,
    count(*) / sum(count(*)) OVER (PARTITION BY product) AS fraction
FROM lives
GROUP BY product, bin
ORDER BY product, bin
