-- An event of a track that `tracks` does not have, or with other numbers of tracks than it says.
WITH named AS (
    SELECT event_id, run_id, unnest(from_track_ids || to_track_ids) AS track_id
    FROM events
)
SELECT event_id AS record, 'track ' || track_id || ' is not in tracks' AS detail
FROM named
ANTI JOIN tracks USING (track_id, run_id)
UNION ALL
SELECT event_id, 'n_from ' || n_from || ', n_to ' || n_to || ': other numbers of tracks'
FROM events
WHERE n_from <> len(from_track_ids) OR n_to <> len(to_track_ids)
