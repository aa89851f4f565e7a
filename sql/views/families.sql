-- One row per family: the tracks that merges and splits connect.
-- like tracks: family_id, harpnum, product
-- column t_first timestamp : First observation of any of its tracks, TAI
-- column t_last timestamp : Last observation of any of its tracks, TAI
-- column duration_h float64 [h] : t_last - t_first
-- column n_tracks int64 : Tracks
-- column n_passing int64 : Of these, pieces that parted for a moment and rejoined: no split, no merge
-- column n_born_by_split int64 : Tracks that began by a split, passing pieces left out
-- column n_merged int64 : Tracks that ended by a merge, passing pieces left out
-- column n_umbrae int64 : Tracks that are umbrae by majority
-- column max_area_mm2 float64 [Mm2] : Largest area of one of its features
-- like tracks: run_id
CREATE VIEW families AS
SELECT
    family_id,
    harpnum,
    product,
    min(t_birth) AS t_first,
    max(t_death) AS t_last,
    epoch(max(t_death) - min(t_birth)) / 3600 AS duration_h,
    count(*) AS n_tracks,
    count(*) FILTER (passing) AS n_passing,
    count(*) FILTER (birth = 'split' AND NOT passing) AS n_born_by_split,
    count(*) FILTER (death = 'merged' AND NOT passing) AS n_merged,
    count(*) FILTER (kind = 'umbra') AS n_umbrae,
    max(max_area_mm2) AS max_area_mm2,
    run_id
FROM tracks
GROUP BY family_id, harpnum, product, run_id
ORDER BY harpnum, family_id
