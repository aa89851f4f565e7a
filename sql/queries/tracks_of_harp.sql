-- One row per track of a HARP, pores and umbrae, in the order of birth: its life, whether all of it was seen.
-- like tracks: harpnum, track_id, family_id, product, kind, t_birth, t_death, lifetime_h
-- column censored bool : Birth or death was not seen, so that lifetime_h is a lower bound
-- like tracks: n_obs, birth, death, parent_track_id, child_track_id, passing, mean_br, max_area_mm2
-- like tracks: mean_area_mm2, max_flux_mx, mean_lon, mean_lat, min_mu, run_id
-- param harp INTEGER = null : HARP number; null: all
SELECT
    harpnum,
    track_id,
    family_id,
    product,
    kind,
    t_birth,
    t_death,
    lifetime_h,
    birth = 'censored' OR death = 'censored' AS censored,
    n_obs,
    birth,
    death,
    parent_track_id,
    child_track_id,
    passing,
    mean_br,
    max_area_mm2,
    mean_area_mm2,
    max_flux_mx,
    mean_lon,
    mean_lat,
    min_mu,
    run_id
FROM tracks
WHERE ($harp IS NULL OR harpnum = $harp)
ORDER BY harpnum, run_id, t_birth, track_id
