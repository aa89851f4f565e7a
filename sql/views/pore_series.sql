-- One row per feature per frame, along the life of its track: area, field and place against time.
-- like pores: harpnum, product, track_id, pore_id, t_rec
-- like frames: t_obs
-- column age_h float64 [h] : Time since the first observation of the track
-- like pores: kind, lon, lat, mu, area_mm2, area_msh, mean_br, mean_b, flux_mx, min_intensity, mean_intensity
-- like velocities: vx_km_s, vy_km_s
-- like pores: touches_edge
-- like frames: obs_vr
-- like pores: run_id
CREATE VIEW pore_series AS
SELECT
    pores.harpnum,
    pores.product,
    pores.track_id,
    pores.pore_id,
    pores.t_rec,
    frames.t_obs,
    epoch(pores.t_rec - tracks.t_birth) / 3600 AS age_h,
    pores.kind,
    pores.lon,
    pores.lat,
    pores.mu,
    pores.area_mm2,
    pores.area_msh,
    pores.mean_br,
    pores.mean_b,
    pores.flux_mx,
    pores.min_intensity,
    pores.mean_intensity,
    velocities.vx_km_s,
    velocities.vy_km_s,
    pores.touches_edge,
    frames.obs_vr,
    pores.run_id
FROM pores
LEFT JOIN tracks
    ON pores.harpnum = tracks.harpnum AND pores.track_id = tracks.track_id AND pores.run_id = tracks.run_id
LEFT JOIN velocities
    ON pores.harpnum = velocities.harpnum
    AND pores.pore_id = velocities.pore_id
    AND pores.run_id = velocities.run_id
LEFT JOIN frames
    ON pores.run_id = frames.run_id AND pores.harpnum = frames.harpnum AND pores.t_rec = frames.t_rec
