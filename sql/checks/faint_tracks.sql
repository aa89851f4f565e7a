-- A faint feature with a track that `tracks` does not have, that does not live then, or that is seen as a pore
-- in the same frame.
SELECT
    faint.faint_id AS record,
    'track ' || faint.track_id || CASE
        WHEN tracks.track_id IS NULL THEN ' is not in tracks'
        WHEN pores.pore_id IS NULL THEN ' does not live then'
        ELSE ' is seen as ' || pores.pore_id
    END AS detail
FROM faint
LEFT JOIN tracks ON faint.track_id = tracks.track_id AND faint.run_id = tracks.run_id
LEFT JOIN pores
    ON faint.track_id = pores.track_id AND faint.run_id = pores.run_id AND faint.t_rec = pores.t_rec
WHERE
    faint.track_id IS NOT NULL
    AND (tracks.track_id IS NULL
        OR faint.t_rec NOT BETWEEN tracks.t_birth AND tracks.t_death
        OR pores.pore_id IS NOT NULL)
