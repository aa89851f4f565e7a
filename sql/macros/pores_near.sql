-- One row per feature whose centroid is within some degrees of a place, nearest first.
-- param lon_deg DOUBLE : Carrington longitude, deg
-- param lat_deg DOUBLE : Carrington latitude, deg
-- param within_deg DOUBLE : Greatest distance, deg
-- example FROM pores_near(34.2, -20.5, 1.0)
CREATE MACRO pores_near(lon_deg, lat_deg, within_deg) AS TABLE
WITH placed AS (
    -- haversine: exact for small distances
    SELECT
        harpnum,
        t_rec,
        pore_id,
        track_id,
        product,
        2 * degrees(asin(least(1, sqrt(
            sin(radians(lat - lat_deg) / 2) ** 2
            + cos(radians(lat)) * cos(radians(lat_deg)) * sin(radians(lon - lon_deg) / 2) ** 2
        )))) AS distance_deg,
        lon,
        lat,
        area_mm2,
        mean_br,
        kind
    FROM pores
)
SELECT
    harpnum,
    t_rec,
    pore_id,
    track_id,
    product,
    distance_deg,
    lon,
    lat,
    area_mm2,
    mean_br,
    kind
FROM placed
WHERE distance_deg <= within_deg
ORDER BY distance_deg, t_rec, pore_id
