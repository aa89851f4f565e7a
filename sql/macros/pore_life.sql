-- One row per observation of one track, in time: its area, field and place.
-- param track VARCHAR : The track_id
-- example FROM pore_life('377_20110215_020000_001')
CREATE MACRO pore_life(track) AS TABLE
SELECT
    t_rec,
    age_h,
    pore_id,
    product,
    kind,
    lon,
    lat,
    mu,
    area_mm2,
    mean_br,
    mean_b,
    flux_mx,
    min_intensity,
    touches_edge
FROM pore_series
-- a track is named after its HARP, too, which says where it is
WHERE harpnum = try_cast(split_part(track, '_', 1) AS INTEGER) AND track_id = track
ORDER BY t_rec
