-- One row per HARP: what was looked at and what was found.
-- like harps: harpnum, noaa_ars, series, t_first, t_last, n_frames, n_unusable
-- column product string : Product of its features, see `pores`; null where there are none
-- column n_features int64 : Features, in all frames
-- column n_tracks int64 : Tracks
-- column n_pore_tracks int64 : Tracks that are pores by majority, passing pieces left out
-- column max_area_mm2 float64 [Mm2] : Largest area of one feature
-- like harps: run_id
CREATE VIEW harp_summary AS
WITH
features AS (
    SELECT
        harpnum,
        run_id,
        string_agg(DISTINCT product, ', ' ORDER BY product) AS product,
        count(*) AS n_features,
        max(area_mm2) AS max_area_mm2
    FROM pores
    GROUP BY harpnum, run_id
),
lives AS (
    SELECT
        harpnum,
        run_id,
        count(*) AS n_tracks,
        count(*) FILTER (kind = 'pore' AND NOT passing) AS n_pore_tracks
    FROM tracks
    GROUP BY harpnum, run_id
)
SELECT
    harps.harpnum,
    harps.noaa_ars,
    harps.series,
    harps.t_first,
    harps.t_last,
    harps.n_frames,
    harps.n_unusable,
    features.product,
    coalesce(features.n_features, 0) AS n_features,
    coalesce(lives.n_tracks, 0) AS n_tracks,
    coalesce(lives.n_pore_tracks, 0) AS n_pore_tracks,
    features.max_area_mm2,
    harps.run_id
FROM harps
LEFT JOIN features USING (harpnum, run_id)
LEFT JOIN lives USING (harpnum, run_id)
ORDER BY harps.harpnum, harps.series
