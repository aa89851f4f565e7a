-- One row per pore that became a spot and stayed one, in time; see the view pores_to_spots for all changes.
-- like tracks: track_id, harpnum, product, t_birth
-- column t_spot timestamp {time.epoch} : T_REC of the first observation as umbra after one as pore, TAI
-- column age_h float64 [h] {time.interval} : t_spot since the first observation of the life
-- column n_before int64 {meta.number} : Observations before t_spot, from the first as pore
-- column n_after int64 {meta.number} : Observations from t_spot on
-- column umbra_share float64 {meta.number;arith.ratio} : Of these, the share as umbra
-- like pores: area_mm2, spot_area_mm2, mean_br, boundary_br, flux_mx, lat, mu
-- param min_before INTEGER = 3 : Fewest observations before it is an umbra
-- param min_after INTEGER = 3 : Fewest observations from then on
-- param min_share DOUBLE = 0.8 : Smallest share of these as umbra
SELECT
    track_id,
    harpnum,
    product,
    t_birth,
    t_spot,
    age_h,
    n_before,
    n_after,
    umbra_share,
    area_mm2,
    spot_area_mm2,
    mean_br,
    boundary_br,
    flux_mx,
    lat,
    mu
FROM pores_to_spots
WHERE n_before >= $min_before AND n_after >= $min_after AND umbra_share >= $min_share
ORDER BY t_spot, track_id
