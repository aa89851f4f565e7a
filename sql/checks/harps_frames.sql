-- A HARP whose numbers or times are not those of its frames.
WITH seen AS (
    SELECT
        run_id,
        harpnum,
        count(*) AS n_frames,
        count(*) FILTER (NOT usable) AS n_unusable,
        min(t_rec) AS t_first,
        max(t_rec) AS t_last
    FROM frames
    GROUP BY run_id, harpnum
)
SELECT
    'HARP ' || harps.harpnum AS record,
    'frames has ' || ifnull(seen.n_frames, 0) || ', ' || ifnull(seen.n_unusable, 0) || ' unusable' AS detail
FROM harps
LEFT JOIN seen USING (run_id, harpnum)
WHERE
    harps.n_frames IS DISTINCT FROM seen.n_frames
    OR harps.n_unusable IS DISTINCT FROM seen.n_unusable
    OR harps.t_first <> seen.t_first
    OR harps.t_last <> seen.t_last
