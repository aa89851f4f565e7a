-- One row per merge or split, in time.
-- like events: harpnum, product, t_rec, kind, n_from, n_to, from_track_ids, to_track_ids, lon, lat
-- param harp INTEGER = null : HARP number; null: all
SELECT
    harpnum,
    product,
    t_rec,
    kind,
    n_from,
    n_to,
    from_track_ids,
    to_track_ids,
    lon,
    lat
FROM events
WHERE kind IN ('merge', 'split') AND ($harp IS NULL OR harpnum = $harp)
ORDER BY harpnum, t_rec, event_id
