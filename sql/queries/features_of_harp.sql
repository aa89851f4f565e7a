-- One row per feature per frame of a HARP, along the life of its track: what it is, where, how large and dark.
-- like pores: harpnum, track_id, t_rec
-- column age_h float64 [h] : Time since the first observation of the track
-- like pores: pore_id, product, kind, x_px, y_px, lon, lat, mu, area_mm2, area_msh, perimeter_mm, major_axis_mm
-- like pores: mean_br, mean_br_err, boundary_br, flux_mx, min_intensity, mean_intensity, touches_edge, run_id
-- param harp INTEGER = null : HARP number; null: all
SELECT
    pores.harpnum,
    pores.track_id,
    pores.t_rec,
    epoch(pores.t_rec - tracks.t_birth) / 3600 AS age_h,
    pores.pore_id,
    pores.product,
    pores.kind,
    pores.x_px,
    pores.y_px,
    pores.lon,
    pores.lat,
    pores.mu,
    pores.area_mm2,
    pores.area_msh,
    pores.perimeter_mm,
    pores.major_axis_mm,
    pores.mean_br,
    pores.mean_br_err,
    pores.boundary_br,
    pores.flux_mx,
    pores.min_intensity,
    pores.mean_intensity,
    pores.touches_edge,
    pores.run_id
FROM pores
LEFT JOIN tracks ON pores.track_id = tracks.track_id AND pores.run_id = tracks.run_id
WHERE ($harp IS NULL OR pores.harpnum = $harp)
ORDER BY pores.harpnum, pores.run_id, pores.track_id, pores.t_rec
