-- A feature without track, or with one that `tracks` does not have.
SELECT pores.pore_id AS record, 'track ' || coalesce(pores.track_id, 'NULL') || ' is not in tracks' AS detail
FROM pores
ANTI JOIN tracks USING (harpnum, track_id, run_id)
