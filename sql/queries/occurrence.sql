-- One row per product, HARP and bin of time since its first feature: how many pores and umbrae there are. Frames
-- that could not be used do not count. Regions that had features when observing began, or after a gap in
-- it, have no known age: their rows say emergence_seen = false, and their times are since the first that was seen.
-- like tracks: product
-- like harps: harpnum, noaa_ars
-- column emergence_seen bool {meta.code} : The first feature of the HARP emerged while observed
-- column since_from_h float64 [h] {time.interval;stat.min} : Lower edge of the bin
-- column since_to_h float64 [h] {time.interval;stat.max} : Upper edge of the bin, not in it
-- column n_frames int64 {meta.number} : Usable frames
-- column mean_pores float64 {meta.number;stat.mean} : Pores in a frame
-- column mean_umbrae float64 {meta.number;stat.mean} : Umbrae in a frame
-- column mean_pore_area_mm2 float64 [Mm2] {phys.area;stat.mean} : Area of all pores of a frame
-- column n_emerged int64 {meta.number} : Pores that emerged in this time
-- param bin_h DOUBLE = 6 (> 0) : Width of a bin, h
-- param harp INTEGER = null : HARP number; null: all
WITH
births AS (
    SELECT harpnum, run_id, t_birth AS t_rec, count(*) AS n_emerged
    FROM tracks
    WHERE kind = 'pore' AND birth = 'emerged'
    GROUP BY harpnum, run_id, t_birth
)
SELECT
    region_occurrence.product,
    region_occurrence.harpnum,
    region_occurrence.noaa_ars,
    region_occurrence.emergence_seen,
    -- frames are on a grid that floating point does not hold exactly
    floor(since_first_h / $bin_h + 1e-6) * $bin_h AS since_from_h,
    (floor(since_first_h / $bin_h + 1e-6) + 1) * $bin_h AS since_to_h,
    count(*) AS n_frames,
    avg(n_pores) AS mean_pores,
    avg(n_umbrae) AS mean_umbrae,
    avg(pore_area_mm2) AS mean_pore_area_mm2,
    coalesce(sum(births.n_emerged), 0)::BIGINT AS n_emerged
FROM region_occurrence
LEFT JOIN births
    ON region_occurrence.harpnum = births.harpnum
    AND region_occurrence.run_id = births.run_id
    AND region_occurrence.t_rec = births.t_rec
WHERE ($harp IS NULL OR region_occurrence.harpnum = $harp)
GROUP BY ALL
ORDER BY product, harpnum, since_from_h
