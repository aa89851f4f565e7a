-- One row per life of a pore: how fast it grew and decayed, as slopes of least squares of its area against time,
-- up to the first time of its largest area and from the last such time on. A phase of one observation has no
-- slope, one of two no error. The largest of noisy areas lies above the true one, which makes both slopes a
-- little too steep.
-- like tracks: track_id, harpnum, product, birth, death, t_birth, t_death, lifetime_h, n_obs, max_area_mm2
-- like tracks: mean_br
-- column growth_h float64 [h] {time.duration} : From the first observation to the first of largest area
-- column n_growth int64 {meta.number} : Observations in this time, both ends included
-- column growth_mm2_h float64 [Mm2/h] {arith.rate;phys.area} : Slope of area against time in it
-- column growth_err_mm2_h float64 [Mm2/h] {stat.error;phys.area} : Standard error of growth_mm2_h
-- column decay_h float64 [h] {time.duration} : From the last observation of largest area to the last of all
-- column n_decay int64 {meta.number} : Observations in this time, both ends included
-- column decay_mm2_h float64 [Mm2/h] {arith.rate;phys.area} : Slope of area against time in it: negative
-- column decay_err_mm2_h float64 [Mm2/h] {stat.error;phys.area} : Standard error of decay_mm2_h
-- like tracks: min_mu, run_id
CREATE VIEW pore_rates AS
WITH
areas AS (
    SELECT
        pores.run_id,
        pores.track_id,
        pores.t_rec,
        epoch(pores.t_rec - tracks.t_birth) / 3600 AS age_h,
        pores.area_mm2,
        pores.area_mm2 >= tracks.max_area_mm2 AS largest
    FROM pores
    JOIN tracks ON pores.run_id = tracks.run_id AND pores.track_id = tracks.track_id
    WHERE tracks.kind = 'pore' AND NOT tracks.passing
),
peaks AS (
    SELECT
        run_id,
        track_id,
        min(age_h) FILTER (largest) AS growth_h,
        max(age_h) FILTER (largest) AS decaying_h
    FROM areas
    GROUP BY run_id, track_id
),
growth AS (
    SELECT
        areas.run_id,
        areas.track_id,
        count(*) AS n,
        regr_slope(areas.area_mm2, areas.age_h) AS slope,
        regr_sxx(areas.area_mm2, areas.age_h) AS sxx,
        regr_syy(areas.area_mm2, areas.age_h) AS syy
    FROM areas
    JOIN peaks ON areas.run_id = peaks.run_id AND areas.track_id = peaks.track_id
    WHERE areas.age_h <= peaks.growth_h
    GROUP BY areas.run_id, areas.track_id
),
decay AS (
    SELECT
        areas.run_id,
        areas.track_id,
        count(*) AS n,
        regr_slope(areas.area_mm2, areas.age_h) AS slope,
        regr_sxx(areas.area_mm2, areas.age_h) AS sxx,
        regr_syy(areas.area_mm2, areas.age_h) AS syy
    FROM areas
    JOIN peaks ON areas.run_id = peaks.run_id AND areas.track_id = peaks.track_id
    WHERE areas.age_h >= peaks.decaying_h
    GROUP BY areas.run_id, areas.track_id
)
SELECT
    tracks.track_id,
    tracks.harpnum,
    tracks.product,
    tracks.birth,
    tracks.death,
    tracks.t_birth,
    tracks.t_death,
    tracks.lifetime_h,
    tracks.n_obs,
    tracks.max_area_mm2,
    tracks.mean_br,
    peaks.growth_h,
    growth.n AS n_growth,
    if(growth.n > 1, growth.slope, NULL) AS growth_mm2_h,
    if(
        growth.n > 2,
        sqrt(greatest(0, growth.syy - growth.slope ** 2 * growth.sxx) / (growth.n - 2) / growth.sxx),
        NULL
    ) AS growth_err_mm2_h,
    tracks.lifetime_h - peaks.decaying_h AS decay_h,
    decay.n AS n_decay,
    if(decay.n > 1, decay.slope, NULL) AS decay_mm2_h,
    if(
        decay.n > 2,
        sqrt(greatest(0, decay.syy - decay.slope ** 2 * decay.sxx) / (decay.n - 2) / decay.sxx),
        NULL
    ) AS decay_err_mm2_h,
    tracks.min_mu,
    tracks.run_id
FROM tracks
JOIN peaks ON tracks.run_id = peaks.run_id AND tracks.track_id = peaks.track_id
JOIN growth ON tracks.run_id = growth.run_id AND tracks.track_id = growth.track_id
JOIN decay ON tracks.run_id = decay.run_id AND tracks.track_id = decay.track_id
