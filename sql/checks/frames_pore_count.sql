-- A frame whose n_pores is not the number of its features.
SELECT
    frames.harpnum || ' ' || frames.t_rec AS record,
    'n_pores is ' || frames.n_pores || ', pores has ' || count(pores.pore_id) AS detail
FROM frames
LEFT JOIN pores USING (harpnum, t_rec, run_id)
WHERE frames.usable
GROUP BY frames.harpnum, frames.t_rec, frames.run_id, frames.n_pores
HAVING frames.n_pores IS DISTINCT FROM count(pores.pore_id)
