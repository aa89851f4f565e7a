-- A feature with a value that can't be: darker in the mean than anywhere, beyond the limb, off the sphere.
SELECT
    pore_id AS record,
    'min_intensity ' || min_intensity || ', mean_intensity ' || mean_intensity || ', mu ' || mu
        || ', lon ' || lon || ', lat ' || lat AS detail
FROM pores
WHERE
    NOT (min_intensity <= mean_intensity)
    OR NOT (mu > 0 AND mu <= 1)
    OR abs(lat) > 90
    OR lon NOT BETWEEN 0 AND 360
    OR kind NOT IN ('pore', 'umbra')
