-- One row per life: a track of any kind, with what of it was seen. Pieces that only pass (parted from a feature
-- and soon back in it) are no lives. Times are those of frames: a life of lifetime_h really lasted between that
-- and two cadences more, one that was seen in one frame only has 0.
-- like tracks: track_id, harpnum, product, family_id, kind, t_birth, t_death, lifetime_h, n_obs, birth, death
-- column birth_seen bool {meta.code} : It emerged or split off while observed: its age is known
-- column death_seen bool {meta.code} : It decayed or merged while observed; else lifetime_h is a lower bound
-- like tracks: mean_br, max_area_mm2, mean_area_mm2, max_flux_mx, mean_lon, mean_lat, min_mu
-- column boundary_br float64 [G] {phys.magField;stat.mean} : Mean over the life of pores.boundary_br
-- column max_boundary_br float64 [G] {phys.magField;stat.max} : Largest |pores.boundary_br| of the life
-- like tracks: run_id
CREATE VIEW lives AS
WITH boundaries AS (
    SELECT
        harpnum,
        run_id,
        track_id,
        avg(boundary_br) AS boundary_br,
        max(abs(boundary_br)) AS max_boundary_br
    FROM pores
    GROUP BY harpnum, run_id, track_id
)
SELECT
    tracks.track_id,
    tracks.harpnum,
    tracks.product,
    tracks.family_id,
    tracks.kind,
    tracks.t_birth,
    tracks.t_death,
    tracks.lifetime_h,
    tracks.n_obs,
    tracks.birth,
    tracks.death,
    tracks.birth <> 'censored' AS birth_seen,
    tracks.death <> 'censored' AS death_seen,
    tracks.mean_br,
    tracks.max_area_mm2,
    tracks.mean_area_mm2,
    tracks.max_flux_mx,
    tracks.mean_lon,
    tracks.mean_lat,
    tracks.min_mu,
    boundaries.boundary_br,
    boundaries.max_boundary_br,
    tracks.run_id
FROM tracks
-- DuckDB leaves this out of sums over lives that do not ask for it
LEFT JOIN boundaries
    ON tracks.harpnum = boundaries.harpnum
    AND tracks.run_id = boundaries.run_id
    AND tracks.track_id = boundaries.track_id
WHERE NOT tracks.passing
