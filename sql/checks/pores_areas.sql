-- A feature whose areas do not agree with one another: millionths of the hemisphere of a Sun of 696 Mm, and
-- one pixel area for a HARP.
WITH areas AS (
    SELECT
        pore_id,
        area_mm2,
        area_msh,
        area_mm2 / area_px * grid_scale ** 2 AS pixel_mm2,
        median(area_mm2 / area_px * grid_scale ** 2) OVER (PARTITION BY run_id) AS usual_mm2
    FROM pores
)
SELECT
    pore_id AS record,
    area_mm2 || ' Mm2, ' || area_msh || ' msh, ' || pixel_mm2 || ' Mm2 per pixel' AS detail
FROM areas
WHERE
    NOT (area_mm2 > 0 AND area_msh > 0)
    OR abs(area_mm2 / area_msh / (2 * pi() * 696 ** 2 * 1e-6) - 1) > 1e-3
    OR abs(pixel_mm2 / usual_mm2 - 1) > 1e-6
