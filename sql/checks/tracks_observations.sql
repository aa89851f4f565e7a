-- A track whose times, number of observations or areas are not those of its features.
WITH seen AS (
    SELECT
        track_id,
        run_id,
        count(*) AS n_obs,
        min(t_rec) AS t_birth,
        max(t_rec) AS t_death,
        max(area_mm2) AS max_area_mm2,
        avg(area_mm2) AS mean_area_mm2
    FROM pores
    GROUP BY track_id, run_id
)
SELECT
    tracks.track_id AS record,
    'its ' || coalesce(seen.n_obs, 0) || ' features give other times, areas or n_obs' AS detail
FROM tracks
LEFT JOIN seen USING (track_id, run_id)
WHERE
    tracks.n_obs IS DISTINCT FROM seen.n_obs
    OR tracks.t_birth <> seen.t_birth
    OR tracks.t_death <> seen.t_death
    OR abs(tracks.max_area_mm2 - seen.max_area_mm2) > 1e-6 * seen.max_area_mm2
    OR abs(tracks.mean_area_mm2 - seen.mean_area_mm2) > 1e-6 * seen.mean_area_mm2
