-- A faint feature in a frame that is unusable or not there, or with a value that can't be.
SELECT
    faint.faint_id AS record,
    'usable ' || ifnull(frames.usable::VARCHAR, 'NULL') || ', min_intensity ' || faint.min_intensity
        || ', mean_intensity ' || faint.mean_intensity || ', mu ' || faint.mu || ', area_mm2 '
        || faint.area_mm2 AS detail
FROM faint
LEFT JOIN frames USING (harpnum, t_rec, run_id)
WHERE
    frames.usable IS DISTINCT FROM TRUE
    OR NOT (faint.min_intensity <= faint.mean_intensity)
    OR NOT (faint.mu > 0 AND faint.mu <= 1)
    OR NOT (faint.area_mm2 > 0 AND faint.area_px > 0)
