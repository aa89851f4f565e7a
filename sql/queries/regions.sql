-- One row per HARP: what was looked at and what was found.
-- like harps: harpnum, noaa_ars, series, t_first, t_last, n_frames, n_unusable
-- like tracks: product
-- column n_features int64 : Features, in all frames
-- column n_tracks int64 : Tracks
-- column n_pore_tracks int64 : Tracks that are pores by majority, passing pieces left out
-- column max_area_mm2 float64 [Mm2] : Largest area of one feature
-- like harps: run_id
SELECT
    harpnum,
    noaa_ars,
    series,
    t_first,
    t_last,
    n_frames,
    n_unusable,
    product,
    n_features,
    n_tracks,
    n_pore_tracks,
    max_area_mm2,
    run_id
FROM harp_summary
ORDER BY harpnum, series
