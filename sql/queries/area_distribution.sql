-- One row per bin of area, logarithmic: how many pores have it at their largest.
-- column area_from float64 [Mm2] : Lower edge of the bin
-- column area_to float64 [Mm2] : Upper edge of the bin, not in it
-- column n int64 : Pore tracks whose largest area is in the bin
-- column n_censored int64 : Of these, lives seen in part, which may have been larger
-- column fraction float64 : n over all pore tracks
-- param bins_per_decade DOUBLE = 5 : Bins to a factor of ten in area
WITH lives AS (
    SELECT floor(log10(max_area_mm2) * $bins_per_decade) AS bin, censored
    FROM pore_lifetime
)
SELECT
    10 ** (bin / $bins_per_decade) AS area_from,
    10 ** ((bin + 1) / $bins_per_decade) AS area_to,
    count(*) AS n,
    count(*) FILTER (censored) AS n_censored,
    count(*) / sum(count(*)) OVER () AS fraction
FROM lives
GROUP BY bin
ORDER BY bin
