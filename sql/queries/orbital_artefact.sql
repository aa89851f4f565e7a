-- One row per product, HARP and polarity: in how many pores mean Br swings with 12 or 24 h, as the orbit of SDO
-- makes it do, and whether they agree in phase: the artefact does, in opposite phase for opposite polarities. Most
-- pores live too briefly to tell; see field_oscillation.
-- like tracks: product, harpnum
-- column polarity int32 {meta.code;phys.magField} : Sign of mean Br over the life: 1 outward, -1 inward
-- column n int64 {meta.number} : Pores
-- column n_too_short int64 {meta.number} : Of these, lives too short to tell
-- column n_24h int64 {meta.number} : Of these, lives in which a 24 h swing was found
-- column n_12h int64 {meta.number} : Of these, lives in which a 12 h swing was found
-- column median_24h_g float64 [G] {stat.fourier;stat.median} : Median amplitude at 24 h of those long enough
-- column median_12h_g float64 [G] {stat.fourier;stat.median} : Median amplitude at 12 h of those long enough
-- column agreement_24h float64 {stat.correlation} : Length of the mean phase vector at 24 h: 1 all agree, 0 none
-- column agreement_12h float64 {stat.correlation} : Length of the mean phase vector at 12 h: 1 all agree, 0 none
-- column median_power_obs_vr float64 {stat.fit.goodness} : Median share of the variance that OBS_VR explains
-- column flagged bool {meta.code.qual} : Swings in half of those long enough; null: all are too short
-- param harp INTEGER = null : HARP number; null: all
SELECT
    product,
    harpnum,
    sign(mean_br)::INTEGER AS polarity,
    count(*) AS n,
    count(*) FILTER (verdict = 'too short') AS n_too_short,
    count(*) FILTER (verdict IN ('24 h', '12 h and 24 h')) AS n_24h,
    count(*) FILTER (verdict IN ('12 h', '12 h and 24 h')) AS n_12h,
    median(amplitude_24h_g) AS median_24h_g,
    median(amplitude_12h_g) AS median_12h_g,
    sqrt(
        avg(cos(2 * pi() * peak_24h_h / 24)) ** 2 + avg(sin(2 * pi() * peak_24h_h / 24)) ** 2
    ) AS agreement_24h,
    sqrt(
        avg(cos(2 * pi() * peak_12h_h / 12)) ** 2 + avg(sin(2 * pi() * peak_12h_h / 12)) ** 2
    ) AS agreement_12h,
    median(power_obs_vr) AS median_power_obs_vr,
    avg((verdict <> 'none')::INTEGER) FILTER (verdict <> 'too short') >= 0.5 AS flagged
FROM field_oscillation
WHERE mean_br IS NOT NULL AND ($harp IS NULL OR harpnum = $harp)
GROUP BY product, harpnum, polarity
ORDER BY product, harpnum, polarity
