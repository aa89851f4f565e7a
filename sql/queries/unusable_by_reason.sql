-- One row per reason for which frames of a HARP could not be used.
-- like frames: harpnum, reason
-- column n_frames int64 : Frames
-- column t_first timestamp : First of them, T_REC, TAI
-- column t_last timestamp : Last of them, T_REC, TAI
-- param harp INTEGER = null : HARP number; null: all
SELECT
    harpnum,
    reason,
    count(*) AS n_frames,
    min(t_rec) AS t_first,
    max(t_rec) AS t_last
FROM unusable_frames
WHERE ($harp IS NULL OR harpnum = $harp)
GROUP BY harpnum, reason
ORDER BY harpnum, n_frames DESC, reason
