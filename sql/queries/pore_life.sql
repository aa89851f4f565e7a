-- One row per observation of one track, in time: its area, field and place.
-- like pores: t_rec
-- column age_h float64 [h] : Time since the first observation of the track
-- like pores: pore_id, product, kind, lon, lat, mu, area_mm2, mean_br, mean_b, flux_mx, min_intensity
-- like pores: touches_edge
-- param track VARCHAR : The track_id; the table `tracks` has them all, `porelake query longest_lives` some
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
FROM pore_life($track)
