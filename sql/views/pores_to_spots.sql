-- One row per life that was a pore and is an umbra later: a pore that became a spot. Near the limit between the
-- two a life changes more than once; umbra_share and n_changes tell a lasting change from that.
-- like tracks: track_id, harpnum, product, t_birth, t_death, birth, death
-- column t_spot timestamp {time.epoch} : T_REC of the first observation as umbra after one as pore, TAI
-- column age_h float64 [h] {time.interval} : t_spot since the first observation of the life
-- column n_before int64 {meta.number} : Observations before t_spot, from the first as pore
-- column n_after int64 {meta.number} : Observations from t_spot on
-- column umbra_share float64 {meta.number;arith.ratio} : Of these, the share as umbra
-- column n_changes int64 {meta.number} : Changes of kind, either way, in the life
-- like pores: area_mm2, spot_area_mm2, mean_br, boundary_br, flux_mx, lon, lat, mu, run_id
CREATE VIEW pores_to_spots AS
WITH
-- few tracks are of both kinds: only these are sorted
both_kinds AS (
    SELECT harpnum, run_id, track_id, min(t_rec) FILTER (kind = 'pore') AS t_pore
    FROM pores
    WHERE track_id IS NOT NULL
    GROUP BY harpnum, run_id, track_id
    HAVING min(t_rec) FILTER (kind = 'pore') < max(t_rec) FILTER (kind = 'umbra')
),
seen AS (
    SELECT
        pores.harpnum,
        pores.run_id,
        pores.track_id,
        pores.t_rec,
        pores.kind,
        both_kinds.t_pore,
        lag(pores.kind) OVER life <> pores.kind AS changed,
        min(pores.t_rec) FILTER (pores.kind = 'umbra' AND pores.t_rec > both_kinds.t_pore) OVER whole AS t_spot
    FROM pores
    JOIN both_kinds
        ON pores.harpnum = both_kinds.harpnum
        AND pores.run_id = both_kinds.run_id
        AND pores.track_id = both_kinds.track_id
    WINDOW
        life AS (PARTITION BY pores.harpnum, pores.run_id, pores.track_id ORDER BY pores.t_rec),
        whole AS (PARTITION BY pores.harpnum, pores.run_id, pores.track_id)
),
spots AS (
    SELECT
        harpnum,
        run_id,
        track_id,
        t_spot,
        count(*) FILTER (t_rec >= t_pore AND t_rec < t_spot) AS n_before,
        count(*) FILTER (t_rec >= t_spot) AS n_after,
        count(*) FILTER (t_rec >= t_spot AND kind = 'umbra') AS n_umbra,
        count(*) FILTER (changed) AS n_changes
    FROM seen
    GROUP BY harpnum, run_id, track_id, t_spot
)
SELECT
    tracks.track_id,
    tracks.harpnum,
    tracks.product,
    tracks.t_birth,
    tracks.t_death,
    tracks.birth,
    tracks.death,
    spots.t_spot,
    epoch(spots.t_spot - tracks.t_birth) / 3600 AS age_h,
    spots.n_before,
    spots.n_after,
    spots.n_umbra / spots.n_after AS umbra_share,
    spots.n_changes,
    pores.area_mm2,
    pores.spot_area_mm2,
    pores.mean_br,
    pores.boundary_br,
    pores.flux_mx,
    pores.lon,
    pores.lat,
    pores.mu,
    tracks.run_id
FROM spots
JOIN tracks
    ON spots.harpnum = tracks.harpnum AND spots.run_id = tracks.run_id AND spots.track_id = tracks.track_id
JOIN pores
    ON spots.harpnum = pores.harpnum
    AND spots.run_id = pores.run_id
    AND spots.track_id = pores.track_id
    AND spots.t_spot = pores.t_rec
WHERE NOT tracks.passing
