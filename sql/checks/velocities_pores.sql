-- A velocity of what is no feature at that time, or a feature without a row of velocities.
SELECT
    coalesce(velocities.pore_id, pores.pore_id) AS record,
    if(pores.pore_id IS NULL, 'a velocity without feature', 'a feature without row of velocities') AS detail
FROM velocities
FULL JOIN pores USING (harpnum, t_rec, pore_id, run_id)
WHERE velocities.pore_id IS NULL OR pores.pore_id IS NULL
