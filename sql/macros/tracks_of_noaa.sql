-- One row per track in the HARPs that hold a NOAA active region.
-- param noaa_ar INTEGER : Number of the region
-- example FROM tracks_of_noaa(11158)
CREATE MACRO tracks_of_noaa(noaa_ar) AS TABLE
SELECT
    tracks.harpnum,
    tracks.track_id,
    tracks.family_id,
    tracks.product,
    tracks.t_birth,
    tracks.t_death,
    tracks.lifetime_h,
    tracks.n_obs,
    tracks.birth,
    tracks.death,
    tracks.mean_br,
    tracks.max_area_mm2,
    tracks.kind
FROM tracks
JOIN harps USING (run_id)
WHERE list_contains(harps.noaa_ars, noaa_ar)
ORDER BY tracks.harpnum, tracks.t_birth, tracks.track_id
