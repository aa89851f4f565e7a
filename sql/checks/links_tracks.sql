-- A `continue` or `gap` link between two tracks, or a `merge` or `split` link within one.
SELECT links.from_pore_id || ' -> ' || links.to_pore_id AS record, links.kind AS detail
FROM links
JOIN pores AS before ON links.from_pore_id = before.pore_id AND links.run_id = before.run_id
JOIN pores AS later ON links.to_pore_id = later.pore_id AND links.run_id = later.run_id
WHERE (links.kind IN ('continue', 'gap')) <> (before.track_id = later.track_id)
