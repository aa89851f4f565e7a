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
chosen AS MATERIALIZED (
    SELECT
        track_id,
        harpnum,
        product,
        birth,
        death,
        t_birth,
        t_death,
        lifetime_h,
        n_obs,
        max_area_mm2,
        mean_br,
        min_mu,
        run_id,
        -- a number is a shorter key than a name
        row_number() OVER () AS life
    FROM tracks
    WHERE kind = 'pore' AND NOT passing
),
areas AS MATERIALIZED (
    SELECT
        chosen.harpnum,
        chosen.life,
        epoch(pores.t_rec - chosen.t_birth) / 3600 AS age_h,
        pores.area_mm2,
        pores.area_mm2 >= chosen.max_area_mm2 AS largest
    FROM pores
    JOIN chosen
        ON pores.harpnum = chosen.harpnum AND pores.run_id = chosen.run_id AND pores.track_id = chosen.track_id
),
peaks AS (
    SELECT
        harpnum,
        life,
        min(age_h) FILTER (largest) AS growth_h,
        max(age_h) FILTER (largest) AS decaying_h
    FROM areas
    GROUP BY harpnum, life
),
phases AS (
    SELECT
        areas.harpnum,
        areas.life,
        peaks.growth_h,
        peaks.decaying_h,
        areas.age_h,
        areas.area_mm2,
        areas.age_h <= peaks.growth_h AS growing,
        areas.age_h >= peaks.decaying_h AS decaying
    FROM areas
    JOIN peaks ON areas.harpnum = peaks.harpnum AND areas.life = peaks.life
),
slopes AS (
    SELECT
        harpnum,
        life,
        any_value(growth_h) AS growth_h,
        any_value(decaying_h) AS decaying_h,
        count(*) FILTER (growing) AS n_growth,
        regr_slope(area_mm2, age_h) FILTER (growing) AS growth,
        regr_sxx(area_mm2, age_h) FILTER (growing) AS growth_sxx,
        regr_syy(area_mm2, age_h) FILTER (growing) AS growth_syy,
        count(*) FILTER (decaying) AS n_decay,
        regr_slope(area_mm2, age_h) FILTER (decaying) AS decay,
        regr_sxx(area_mm2, age_h) FILTER (decaying) AS decay_sxx,
        regr_syy(area_mm2, age_h) FILTER (decaying) AS decay_syy
    FROM phases
    GROUP BY harpnum, life
)
SELECT
    chosen.track_id,
    chosen.harpnum,
    chosen.product,
    chosen.birth,
    chosen.death,
    chosen.t_birth,
    chosen.t_death,
    chosen.lifetime_h,
    chosen.n_obs,
    chosen.max_area_mm2,
    chosen.mean_br,
    slopes.growth_h,
    slopes.n_growth,
    if(slopes.n_growth > 1, slopes.growth, NULL) AS growth_mm2_h,
    if(
        slopes.n_growth > 2,
        sqrt(
            greatest(0, slopes.growth_syy - slopes.growth ** 2 * slopes.growth_sxx)
            / (slopes.n_growth - 2) / slopes.growth_sxx
        ),
        NULL
    ) AS growth_err_mm2_h,
    chosen.lifetime_h - slopes.decaying_h AS decay_h,
    slopes.n_decay,
    if(slopes.n_decay > 1, slopes.decay, NULL) AS decay_mm2_h,
    if(
        slopes.n_decay > 2,
        sqrt(
            greatest(0, slopes.decay_syy - slopes.decay ** 2 * slopes.decay_sxx)
            / (slopes.n_decay - 2) / slopes.decay_sxx
        ),
        NULL
    ) AS decay_err_mm2_h,
    chosen.min_mu,
    chosen.run_id
FROM chosen
JOIN slopes ON chosen.harpnum = slopes.harpnum AND chosen.life = slopes.life
