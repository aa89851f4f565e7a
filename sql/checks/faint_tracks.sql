-- A faint feature with a track that `tracks` does not have, or that has another feature in the same frame.
WITH members AS (
    SELECT run_id, track_id, t_rec, pore_id AS member FROM pores
    UNION ALL
    SELECT run_id, track_id, t_rec, faint_id FROM faint
)
SELECT faint_id AS record, 'track ' || track_id || ' is not in tracks' AS detail
FROM faint
ANTI JOIN tracks USING (track_id, run_id)
WHERE track_id IS NOT NULL
UNION ALL
SELECT faint.faint_id, 'track ' || faint.track_id || ' has ' || members.member || ' too'
FROM faint
JOIN members USING (run_id, track_id, t_rec)
WHERE members.member <> faint.faint_id
