-- A link one of whose ends is no feature at its time, or that does not go forward in time.
SELECT
    links.from_pore_id || ' -> ' || links.to_pore_id AS record,
    links.kind || ' link with a wrong end' AS detail
FROM links
LEFT JOIN pores AS before ON links.from_pore_id = before.pore_id AND links.run_id = before.run_id
LEFT JOIN pores AS later ON links.to_pore_id = later.pore_id AND links.run_id = later.run_id
WHERE
    links.from_t IS DISTINCT FROM before.t_rec
    OR links.to_t IS DISTINCT FROM later.t_rec
    OR links.from_t >= links.to_t
