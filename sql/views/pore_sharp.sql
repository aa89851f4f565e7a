-- One row per feature per frame, with the SHARP keywords of the same record: what the region was like then.
-- like pores: harpnum, product, t_rec, pore_id, track_id, kind, lon, lat, mu, area_mm2, mean_br, mean_b, flux_mx
-- like frames: usflux, meangam, meangbt, meangbz, meangbh, meanjzd, totusjz, meanalp, meanjzh, totusjh, absnjzh
-- like frames: savncpp, meanpot, totpot, meanshr, shrgt45, r_value, size_acr, area_acr, mu_center, quality, obs_vr
-- column flux_share float64 {phys.magField;arith.ratio} : flux_mx over usflux, the flux of the whole region
-- like pores: run_id
CREATE VIEW pore_sharp AS
SELECT
    pores.harpnum,
    pores.product,
    pores.t_rec,
    pores.pore_id,
    pores.track_id,
    pores.kind,
    pores.lon,
    pores.lat,
    pores.mu,
    pores.area_mm2,
    pores.mean_br,
    pores.mean_b,
    pores.flux_mx,
    frames.usflux,
    frames.meangam,
    frames.meangbt,
    frames.meangbz,
    frames.meangbh,
    frames.meanjzd,
    frames.totusjz,
    frames.meanalp,
    frames.meanjzh,
    frames.totusjh,
    frames.absnjzh,
    frames.savncpp,
    frames.meanpot,
    frames.totpot,
    frames.meanshr,
    frames.shrgt45,
    frames.r_value,
    frames.size_acr,
    frames.area_acr,
    frames.mu_center,
    frames.quality,
    frames.obs_vr,
    pores.flux_mx / nullif(frames.usflux, 0) AS flux_share,
    pores.run_id
FROM pores
JOIN frames
    ON pores.run_id = frames.run_id AND pores.harpnum = frames.harpnum AND pores.t_rec = frames.t_rec
