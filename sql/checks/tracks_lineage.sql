-- A track that began by a split without parent, or ended by a merge without child, or has one for no such
-- reason, or is of another family.
SELECT
    tracks.track_id AS record,
    'birth ' || tracks.birth || ', death ' || tracks.death || ': wrong parent or child' AS detail
FROM tracks
LEFT JOIN tracks AS parent ON tracks.parent_track_id = parent.track_id AND tracks.run_id = parent.run_id
LEFT JOIN tracks AS child ON tracks.child_track_id = child.track_id AND tracks.run_id = child.run_id
WHERE
    (tracks.birth = 'split') <> (parent.track_id IS NOT NULL)
    OR (tracks.death = 'merged') <> (child.track_id IS NOT NULL)
    OR (parent.track_id IS NULL AND tracks.parent_track_id IS NOT NULL)
    OR (child.track_id IS NULL AND tracks.child_track_id IS NOT NULL)
    OR parent.family_id <> tracks.family_id
    OR child.family_id <> tracks.family_id
