-- One row per frame in which no features could be looked for, and why.
-- like frames: harpnum, t_rec, reason, detail, missing_segments, quality, run_id
CREATE VIEW unusable_frames AS
SELECT
    harpnum,
    t_rec,
    reason,
    detail,
    missing_segments,
    quality,
    run_id
FROM frames
WHERE NOT usable
