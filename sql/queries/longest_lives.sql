-- One row per track, longest first; `censored` lives are longer still.
-- like tracks: track_id, harpnum, product, t_birth, t_death, lifetime_h
-- column censored bool : Birth or death was not seen, so that lifetime_h is a lower bound
-- like tracks: birth, death, n_obs, mean_br, max_area_mm2
-- param rows INTEGER = 20 (> 0) : Most rows
SELECT
    track_id,
    harpnum,
    product,
    t_birth,
    t_death,
    lifetime_h,
    censored,
    birth,
    death,
    n_obs,
    mean_br,
    max_area_mm2
FROM pore_lifetime
ORDER BY lifetime_h DESC, track_id
LIMIT $rows
