-- A track with two features in one frame.
SELECT track_id || ' ' || t_rec AS record, count(*) || ' features' AS detail
FROM pores
WHERE track_id IS NOT NULL
GROUP BY track_id, t_rec, run_id
HAVING count(*) > 1
