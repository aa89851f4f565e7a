-- A feature in a frame that `frames` does not have, or says is unusable.
SELECT pores.pore_id AS record, coalesce('frame is unusable: ' || frames.reason, 'no such frame') AS detail
FROM pores
LEFT JOIN frames USING (harpnum, t_rec, run_id)
WHERE frames.usable IS DISTINCT FROM TRUE
