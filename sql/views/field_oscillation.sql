-- One row per life of a pore: whether its mean Br swings with 12 or 24 h, as the orbit of SDO makes it do (OBS_VR
-- is +-3 km/s a day: Kutsenko and Abramenko 2016), which is not physics of the pore. Both periods are fitted
-- together with a straight line, by least squares: no even sampling is needed. A life of less than 48 h, two
-- periods of the longer, or of fewer than 24 observations is `too short` to tell. A period is found if it explains
-- a tenth of what the rest leaves and would do so by chance in one of 1000 series of white noise; slow changes of
-- the pore are no white noise, so that a single life proves little: see whether many agree in phase.
-- like tracks: track_id, harpnum, product, t_birth, lifetime_h, n_obs, mean_br
-- column verdict string {meta.code.qual} : `too short`, `none`, `12 h`, `24 h` or `12 h and 24 h`
-- column amplitude_24h_g float64 [G] {stat.fourier;phys.magField} : Amplitude of the 24 h swing
-- column amplitude_24h_err_g float64 [G] {stat.error;phys.magField} : Its standard error, white noise assumed
-- column power_24h float64 {stat.fourier} : Share that it explains of what line and 12 h swing leave
-- column false_alarm_24h float64 {stat.probability} : Probability of so much by chance in white noise
-- column peak_24h_h float64 [h] {time.phase} : Time of day (TAI) at which Br is highest
-- column amplitude_12h_g float64 [G] {stat.fourier;phys.magField} : Amplitude of the 12 h swing
-- column amplitude_12h_err_g float64 [G] {stat.error;phys.magField} : Its standard error, white noise assumed
-- column power_12h float64 {stat.fourier} : Share that it explains of what line and 24 h swing leave
-- column false_alarm_12h float64 {stat.probability} : Probability of so much by chance in white noise
-- column peak_12h_h float64 [h] {time.phase} : Time after 0 or 12 h (TAI) at which Br is highest
-- column br_per_km_s float64 [G.s/km] {stat.fit.param} : Slope of Br against OBS_VR beside a line in time
-- column power_obs_vr float64 {stat.fit.goodness} : Share that OBS_VR explains of what the line leaves
-- like tracks: run_id
CREATE VIEW field_oscillation AS
WITH
terms AS (
    SELECT
        tracks.harpnum,
        tracks.run_id,
        tracks.track_id,
        1.0::DOUBLE AS x1,
        epoch(pores.t_rec - tracks.t_birth) / 3600 / tracks.lifetime_h - 0.5 AS x2,
        cos(2 * pi() * epoch(pores.t_rec) / 86400) AS x3,
        sin(2 * pi() * epoch(pores.t_rec) / 86400) AS x4,
        cos(2 * pi() * epoch(pores.t_rec) / 43200) AS x5,
        sin(2 * pi() * epoch(pores.t_rec) / 43200) AS x6,
        frames.obs_vr / 1000 AS x7,
        pores.mean_br - tracks.mean_br AS x8
    FROM tracks
    JOIN pores
        ON tracks.harpnum = pores.harpnum AND tracks.run_id = pores.run_id AND tracks.track_id = pores.track_id
    JOIN frames
        ON pores.harpnum = frames.harpnum AND pores.run_id = frames.run_id AND pores.t_rec = frames.t_rec
    WHERE
        tracks.kind = 'pore'
        AND NOT tracks.passing
        AND tracks.lifetime_h >= 48
        AND pores.mean_br IS NOT NULL
),
sums AS (
    SELECT
        harpnum,
        run_id,
        track_id,
        count(*) AS n,
        count(x7) AS n_vr,
        sum(x1 * COLUMNS('^x\d$')) AS 'row1_\0',
        sum(x2 * COLUMNS('^x\d$')) AS 'row2_\0',
        sum(x3 * COLUMNS('^x\d$')) AS 'row3_\0',
        sum(x4 * COLUMNS('^x\d$')) AS 'row4_\0',
        sum(x5 * COLUMNS('^x\d$')) AS 'row5_\0',
        sum(x6 * COLUMNS('^x\d$')) AS 'row6_\0',
        sum(x7 * COLUMNS('^x\d$')) AS 'row7_\0',
        sum(x8 * COLUMNS('^x\d$')) AS 'row8_\0'
    FROM terms
    GROUP BY harpnum, run_id, track_id
    HAVING count(*) >= 24
),
rows AS (
    SELECT
        harpnum,
        run_id,
        track_id,
        n,
        n_vr,
        [*COLUMNS('^row1_')] AS row1,
        [*COLUMNS('^row2_')] AS row2,
        [*COLUMNS('^row3_')] AS row3,
        [*COLUMNS('^row4_')] AS row4,
        [*COLUMNS('^row5_')] AS row5,
        [*COLUMNS('^row6_')] AS row6,
        [*COLUMNS('^row7_')] AS row7,
        [*COLUMNS('^row8_')] AS row8
    FROM sums
),
products AS (
    SELECT harpnum, run_id, track_id, n, n_vr, [row1, row2, row3, row4, row5, row6, row7, row8] AS sums
    FROM rows
),
-- one sweep a step: a sweep names its matrix many times
constants AS (SELECT harpnum, run_id, track_id, n, n_vr, sweep(sums, 1) AS sums FROM products),
lines AS (SELECT harpnum, run_id, track_id, n, n_vr, sweep(sums, 2) AS line FROM constants),
cosines AS (
    SELECT harpnum, run_id, track_id, n, n_vr, line, sweep(line, 3) AS day, sweep(line, 5) AS half_day
    FROM lines
),
single AS (
    SELECT harpnum, run_id, track_id, n, n_vr, line, sweep(day, 4) AS day, sweep(half_day, 6) AS half_day
    FROM cosines
),
nearly AS (SELECT harpnum, run_id, track_id, n, n_vr, line, day, half_day, sweep(day, 5) AS sums FROM single),
fits AS (SELECT harpnum, run_id, track_id, n, n_vr, line, day, half_day, sweep(sums, 6) AS fit FROM nearly),
swings AS (
    SELECT
        harpnum,
        run_id,
        track_id,
        n,
        sqrt(fit[3][8] ** 2 + fit[4][8] ** 2) AS amplitude_24h_g,
        sqrt(fit[5][8] ** 2 + fit[6][8] ** 2) AS amplitude_12h_g,
        sqrt(fit[8][8] / (n - 6) * (fit[3][3] + fit[4][4]) / 2) AS amplitude_24h_err_g,
        sqrt(fit[8][8] / (n - 6) * (fit[5][5] + fit[6][6]) / 2) AS amplitude_12h_err_g,
        -- what both leave over what the other alone leaves; Scargle 1982 for the probability
        fit[8][8] / nullif(half_day[8][8], 0) AS left_24h,
        fit[8][8] / nullif(day[8][8], 0) AS left_12h,
        (atan2(fit[4][8], fit[3][8]) / (2 * pi()) * 24 + 24) % 24 AS peak_24h_h,
        (atan2(fit[6][8], fit[5][8]) / (2 * pi()) * 12 + 12) % 12 AS peak_12h_h,
        if(n_vr = n AND line[7][7] > 1e-9, line[7][8] / line[7][7], NULL) AS br_per_km_s,
        if(n_vr = n AND line[7][7] > 1e-9, line[7][8] ** 2 / line[7][7] / nullif(line[8][8], 0), NULL)
            AS power_obs_vr
    FROM fits
),
tested AS (
    SELECT
        harpnum,
        run_id,
        track_id,
        amplitude_24h_g,
        amplitude_24h_err_g,
        1 - left_24h AS power_24h,
        left_24h ** ((n - 6) / 2) AS false_alarm_24h,
        peak_24h_h,
        amplitude_12h_g,
        amplitude_12h_err_g,
        1 - left_12h AS power_12h,
        left_12h ** ((n - 6) / 2) AS false_alarm_12h,
        peak_12h_h,
        br_per_km_s,
        power_obs_vr,
        coalesce(left_24h <= 0.9 AND left_24h ** ((n - 6) / 2) < 0.001, FALSE) AS day,
        coalesce(left_12h <= 0.9 AND left_12h ** ((n - 6) / 2) < 0.001, FALSE) AS half_day
    FROM swings
)
SELECT
    tracks.track_id,
    tracks.harpnum,
    tracks.product,
    tracks.t_birth,
    tracks.lifetime_h,
    tracks.n_obs,
    tracks.mean_br,
    CASE
        WHEN tested.run_id IS NULL THEN 'too short'
        WHEN tested.day AND tested.half_day THEN '12 h and 24 h'
        WHEN tested.day THEN '24 h'
        WHEN tested.half_day THEN '12 h'
        ELSE 'none'
    END AS verdict,
    tested.amplitude_24h_g,
    tested.amplitude_24h_err_g,
    tested.power_24h,
    tested.false_alarm_24h,
    tested.peak_24h_h,
    tested.amplitude_12h_g,
    tested.amplitude_12h_err_g,
    tested.power_12h,
    tested.false_alarm_12h,
    tested.peak_12h_h,
    tested.br_per_km_s,
    tested.power_obs_vr,
    tracks.run_id
FROM tracks
LEFT JOIN tested
    ON tracks.harpnum = tested.harpnum AND tracks.run_id = tested.run_id AND tracks.track_id = tested.track_id
WHERE tracks.kind = 'pore' AND NOT tracks.passing
