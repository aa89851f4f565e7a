-- One row per track of a pore: how long it lived against its mean field. A life with `censored` is only
-- bounded below by lifetime_h: it was there before observing began, or after it ended, or went over an edge or
-- into a gap. Pieces that only pass (parted from a feature and soon back in it) are no lives.
-- like tracks: track_id, harpnum, product, family_id, t_birth, t_death, lifetime_h, n_obs, birth, death
-- column censored bool : Birth or death was not seen, so that lifetime_h is a lower bound
-- like tracks: mean_br
-- column abs_mean_br float64 [G] : Modulus of mean_br
-- like tracks: max_area_mm2, mean_area_mm2, max_flux_mx, mean_lon, mean_lat, min_mu, run_id
CREATE VIEW pore_lifetime AS
SELECT
    track_id,
    harpnum,
    product,
    family_id,
    t_birth,
    t_death,
    lifetime_h,
    n_obs,
    birth,
    death,
    birth = 'censored' OR death = 'censored' AS censored,
    mean_br,
    abs(mean_br) AS abs_mean_br,
    max_area_mm2,
    mean_area_mm2,
    max_flux_mx,
    mean_lon,
    mean_lat,
    min_mu,
    run_id
FROM tracks
WHERE kind = 'pore' AND NOT passing
