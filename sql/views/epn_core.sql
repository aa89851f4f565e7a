-- One row per life of a feature, in the columns of EPN-TAP 2.0 (IVOA Recommendation, 2022), so that a node of the
-- virtual observatory can publish the lake; the last columns are the lake's own. Longitudes go eastward from c1min
-- to c1max, which is the smaller of the two where the meridian of 0 is crossed.
-- column granule_uid string {meta.id} : The life: its track_id
-- column granule_gid string {meta.id} : `pore` or `umbra`
-- column obs_id string {meta.id;obs} : The HARP and the run that found it
-- column dataproduct_type string {meta.code.class} : `ci`: an item of a catalogue
-- column measurement_type string {meta.ucd} : UCDs of what is measured
-- column processing_level int32 {meta.calibLevel} : 5: derived data
-- column target_name string {meta.id;src} : `Sun`
-- column target_class string {src.class} : `star`
-- column time_min float64 [d] {time.start;obs} : First observation, Julian date, UTC
-- column time_max float64 [d] {time.end;obs} : Last observation, Julian date, UTC
-- column time_sampling_step_min float64 [s] {time.resolution;stat.min} : Shortest time between two observations
-- column time_sampling_step_max float64 [s] {time.resolution;stat.max} : Longest time between two observations
-- column time_exp_min float64 [s] {time.duration;obs.exposure;stat.min} : Not given: the series tells
-- column time_exp_max float64 [s] {time.duration;obs.exposure;stat.max} : Not given: the series tells
-- column spectral_range_min float64 [Hz] {em.freq;stat.min} : Frequency of Fe I 6173.34 A
-- column spectral_range_max float64 [Hz] {em.freq;stat.max} : Frequency of Fe I 6173.34 A
-- column spectral_sampling_step_min float64 [Hz] {em.freq;spect.binSize;stat.min} : Not given: one line
-- column spectral_sampling_step_max float64 [Hz] {em.freq;spect.binSize;stat.max} : Not given: one line
-- column spectral_resolution_min float64 {spect.resolution;stat.min} : Not given: one line
-- column spectral_resolution_max float64 {spect.resolution;stat.max} : Not given: one line
-- column c1min float64 [deg] {pos.bodyrc.lon;stat.min} : Westernmost Carrington longitude of the centroid
-- column c1max float64 [deg] {pos.bodyrc.lon;stat.max} : Easternmost Carrington longitude of the centroid
-- column c2min float64 [deg] {pos.bodyrc.lat;stat.min} : Smallest Carrington latitude of the centroid
-- column c2max float64 [deg] {pos.bodyrc.lat;stat.max} : Largest Carrington latitude of the centroid
-- column c3min float64 [km] {pos.bodyrc.alt;stat.min} : Not given: the photosphere
-- column c3max float64 [km] {pos.bodyrc.alt;stat.max} : Not given: the photosphere
-- column s_region string {pos.outline;obs.field} : Circle of the largest area about the mean place: lon lat radius
-- column c1_resol_min float64 [deg] {pos.bodyrc.lon;pos.resolution;stat.min} : Pixel of the SHARP grid
-- column c1_resol_max float64 [deg] {pos.bodyrc.lon;pos.resolution;stat.max} : Pixel of the SHARP grid
-- column c2_resol_min float64 [deg] {pos.bodyrc.lat;pos.resolution;stat.min} : Pixel of the SHARP grid
-- column c2_resol_max float64 [deg] {pos.bodyrc.lat;pos.resolution;stat.max} : Pixel of the SHARP grid
-- column c3_resol_min float64 [km] {pos.bodyrc.alt;pos.resolution;stat.min} : Not given: the photosphere
-- column c3_resol_max float64 [km] {pos.bodyrc.alt;pos.resolution;stat.max} : Not given: the photosphere
-- column spatial_frame_type string {meta.code.class;pos.frame} : `body`
-- column incidence_min float64 [deg] {pos.incidenceAng;stat.min} : Not given: the Sun shines by itself
-- column incidence_max float64 [deg] {pos.incidenceAng;stat.max} : Not given: the Sun shines by itself
-- column emergence_min float64 [deg] {pos.emergenceAng;stat.min} : Smallest heliocentric angle
-- column emergence_max float64 [deg] {pos.emergenceAng;stat.max} : Largest heliocentric angle
-- column phase_min float64 [deg] {pos.phaseAng;stat.min} : Not given: the Sun shines by itself
-- column phase_max float64 [deg] {pos.phaseAng;stat.max} : Not given: the Sun shines by itself
-- column instrument_host_name string {meta.id;instr.obsty} : `SDO#Solar Dynamics Observatory`
-- column instrument_name string {meta.id;instr} : `HMI#Helioseismic and Magnetic Imager`
-- column service_title string {meta.title} : `porelake`
-- column creation_date string {time.creation} : When the run that found it ended, ISO 8601, UTC
-- column modification_date string {time.processing} : As creation_date
-- column release_date string {time.release} : As creation_date
-- column spatial_coordinate_description string {meta.code.class;pos.frame} : `Carrington`
-- column time_scale string {time.scale} : `UTC`
-- column feature_name string {meta.id;src;obs.field} : NOAA active regions and HARP
-- column processing_level_desc string {meta.note} : How the intensity was doubled
-- like tracks: product, lifetime_h, birth, death, n_obs, mean_br, max_area_mm2, run_id
CREATE VIEW epn_core AS
WITH
steps AS (
    SELECT
        harpnum,
        run_id,
        track_id,
        lon,
        lat,
        mu,
        epoch(t_rec - lag(t_rec) OVER (PARTITION BY harpnum, run_id, track_id ORDER BY t_rec)) AS step_s
    FROM pores
    WHERE track_id IS NOT NULL
),
extents AS (
    -- longitudes from that of the mean place, so that 0 is no cliff
    SELECT
        tracks.harpnum,
        tracks.run_id,
        tracks.track_id,
        min((steps.lon - tracks.mean_lon + 540) % 360 - 180) AS west,
        max((steps.lon - tracks.mean_lon + 540) % 360 - 180) AS east,
        min(steps.lat) AS south,
        max(steps.lat) AS north,
        min(steps.mu) AS min_mu,
        max(steps.mu) AS max_mu,
        min(steps.step_s) AS min_step_s,
        max(steps.step_s) AS max_step_s
    FROM steps
    JOIN tracks
        ON steps.harpnum = tracks.harpnum AND steps.run_id = tracks.run_id AND steps.track_id = tracks.track_id
    GROUP BY tracks.harpnum, tracks.run_id, tracks.track_id
)
SELECT
    tracks.track_id AS granule_uid,
    tracks.kind AS granule_gid,
    tracks.harpnum || '_' || tracks.run_id AS obs_id,
    'ci' AS dataproduct_type,
    'phys.area#phys.magField#phot.flux#time.duration' AS measurement_type,
    5 AS processing_level,
    'Sun' AS target_name,
    'star' AS target_class,
    epoch(born.t_obs) / 86400 + 2440587.5 AS time_min,
    epoch(died.t_obs) / 86400 + 2440587.5 AS time_max,
    extents.min_step_s AS time_sampling_step_min,
    extents.max_step_s AS time_sampling_step_max,
    NULL::DOUBLE AS time_exp_min,
    NULL::DOUBLE AS time_exp_max,
    299792458 / 6173.34e-10 AS spectral_range_min,
    299792458 / 6173.34e-10 AS spectral_range_max,
    NULL::DOUBLE AS spectral_sampling_step_min,
    NULL::DOUBLE AS spectral_sampling_step_max,
    NULL::DOUBLE AS spectral_resolution_min,
    NULL::DOUBLE AS spectral_resolution_max,
    (tracks.mean_lon + extents.west + 360) % 360 AS c1min,
    (tracks.mean_lon + extents.east + 360) % 360 AS c1max,
    extents.south AS c2min,
    extents.north AS c2max,
    NULL::DOUBLE AS c3min,
    NULL::DOUBLE AS c3max,
    format(
        '{:.4f} {:.4f} {:.4f}',
        tracks.mean_lon,
        tracks.mean_lat,
        degrees(sqrt(tracks.max_area_mm2 / pi()) / 696)
    ) AS s_region,
    0.03::DOUBLE AS c1_resol_min,
    0.03::DOUBLE AS c1_resol_max,
    0.03::DOUBLE AS c2_resol_min,
    0.03::DOUBLE AS c2_resol_max,
    NULL::DOUBLE AS c3_resol_min,
    NULL::DOUBLE AS c3_resol_max,
    'body' AS spatial_frame_type,
    NULL::DOUBLE AS incidence_min,
    NULL::DOUBLE AS incidence_max,
    degrees(acos(least(1, extents.max_mu))) AS emergence_min,
    degrees(acos(least(1, extents.min_mu))) AS emergence_max,
    NULL::DOUBLE AS phase_min,
    NULL::DOUBLE AS phase_max,
    'SDO#Solar Dynamics Observatory' AS instrument_host_name,
    'HMI#Helioseismic and Magnetic Imager' AS instrument_name,
    'porelake' AS service_title,
    strftime(runs.finished, '%Y-%m-%dT%H:%M:%S') AS creation_date,
    strftime(runs.finished, '%Y-%m-%dT%H:%M:%S') AS modification_date,
    strftime(runs.finished, '%Y-%m-%dT%H:%M:%S') AS release_date,
    'Carrington' AS spatial_coordinate_description,
    'UTC' AS time_scale,
    array_to_string(list_transform(harps.noaa_ars, lambda number: 'AR ' || number), '#')
        || if(len(harps.noaa_ars) > 0, '#', '') || 'HARP ' || tracks.harpnum AS feature_name,
    'features found on intensity doubled by ' || tracks.product AS processing_level_desc,
    tracks.product,
    tracks.lifetime_h,
    tracks.birth,
    tracks.death,
    tracks.n_obs,
    tracks.mean_br,
    tracks.max_area_mm2,
    tracks.run_id
FROM tracks
JOIN extents
    ON tracks.harpnum = extents.harpnum AND tracks.run_id = extents.run_id AND tracks.track_id = extents.track_id
JOIN harps ON tracks.harpnum = harps.harpnum AND tracks.run_id = harps.run_id
JOIN runs ON tracks.harpnum = runs.harpnum AND tracks.run_id = runs.run_id
LEFT JOIN frames AS born
    ON tracks.harpnum = born.harpnum AND tracks.run_id = born.run_id AND tracks.t_birth = born.t_rec
LEFT JOIN frames AS died
    ON tracks.harpnum = died.harpnum AND tracks.run_id = died.run_id AND tracks.t_death = died.t_rec
WHERE NOT tracks.passing
