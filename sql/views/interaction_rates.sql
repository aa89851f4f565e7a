-- One row per run that has pores: how often they merge and split, over the time in which that could be seen. An
-- observation of a pore is watched until the next usable frame, if that is no more than one and a half cadences
-- and `track.max_step_h` away; what happens across a longer gap is not counted, nor is the gap. Pieces that only
-- pass are no pores.
-- like tracks: harpnum, product
-- column n_pores int64 {meta.number} : Lives of pores
-- column pore_hours float64 [h] {time.duration;arith.sum} : Time for which pores were watched, summed over them
-- column n_merges int64 {meta.number} : Pores that ended by merging into another feature, seen to do so
-- column n_splits int64 {meta.number} : Pieces that split off pores, seen to do so
-- column merges_per_pore_hour float64 [1/h] {arith.rate} : n_merges / pore_hours; null where nothing was watched
-- column splits_per_pore_hour float64 [1/h] {arith.rate} : n_splits / pore_hours; null where nothing was watched
-- like tracks: run_id
CREATE VIEW interaction_rates AS
WITH
steps AS (
    SELECT harpnum, run_id, t_rec, epoch(lead(t_rec) OVER in_time - t_rec) / 3600 AS step_h
    FROM frames
    WHERE usable
    WINDOW in_time AS (PARTITION BY harpnum, run_id ORDER BY t_rec)
),
cadences AS (
    SELECT harpnum, run_id, median(step_h) AS cadence_h
    FROM steps
    GROUP BY harpnum, run_id
),
-- of a series that is sparser than this nothing is linked, whatever its cadence
bounds AS (
    SELECT harpnum, run_id, (config ->> '$.track.max_step_h')::DOUBLE AS max_step_h
    FROM runs
),
watched AS (
    SELECT
        steps.harpnum,
        steps.run_id,
        steps.t_rec,
        if(steps.step_h <= least(1.5 * cadences.cadence_h, bounds.max_step_h), steps.step_h, 0) AS watched_h
    FROM steps
    JOIN cadences ON steps.harpnum = cadences.harpnum AND steps.run_id = cadences.run_id
    JOIN bounds ON steps.harpnum = bounds.harpnum AND steps.run_id = bounds.run_id
),
clock AS (
    SELECT
        harpnum,
        run_id,
        t_rec,
        coalesce(sum(watched_h) OVER before, 0) AS begun_h,
        coalesce(sum(watched_h) OVER before, 0) + coalesce(watched_h, 0) AS ended_h,
        coalesce(watched_h, 0) > 0 AS seen_after,
        coalesce(lag(watched_h) OVER in_time, 0) > 0 AS seen_before
    FROM watched
    WINDOW
        in_time AS (PARTITION BY harpnum, run_id ORDER BY t_rec),
        before AS (PARTITION BY harpnum, run_id ORDER BY t_rec ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
exposures AS (
    SELECT
        tracks.run_id,
        tracks.harpnum,
        tracks.product,
        count(*) AS n_pores,
        sum(last.ended_h - first.begun_h) AS pore_hours,
        count(*) FILTER (tracks.death = 'merged' AND last.seen_after) AS n_merges
    FROM tracks
    JOIN clock AS first
        ON tracks.harpnum = first.harpnum AND tracks.run_id = first.run_id AND tracks.t_birth = first.t_rec
    JOIN clock AS last
        ON tracks.harpnum = last.harpnum AND tracks.run_id = last.run_id AND tracks.t_death = last.t_rec
    WHERE tracks.kind = 'pore' AND NOT tracks.passing
    GROUP BY tracks.run_id, tracks.harpnum, tracks.product
),
pieces AS (
    SELECT tracks.harpnum, tracks.run_id, count(*) AS n_splits
    FROM tracks
    JOIN tracks AS parent
        ON tracks.harpnum = parent.harpnum
        AND tracks.run_id = parent.run_id
        AND tracks.parent_track_id = parent.track_id
    JOIN clock AS first
        ON tracks.harpnum = first.harpnum AND tracks.run_id = first.run_id AND tracks.t_birth = first.t_rec
    WHERE
        tracks.birth = 'split'
        AND NOT tracks.passing
        AND parent.kind = 'pore'
        AND NOT parent.passing
        AND first.seen_before
    GROUP BY tracks.harpnum, tracks.run_id
)
SELECT
    exposures.harpnum,
    exposures.product,
    exposures.n_pores,
    exposures.pore_hours,
    exposures.n_merges,
    coalesce(pieces.n_splits, 0) AS n_splits,
    exposures.n_merges / nullif(exposures.pore_hours, 0) AS merges_per_pore_hour,
    coalesce(pieces.n_splits, 0) / nullif(exposures.pore_hours, 0) AS splits_per_pore_hour,
    exposures.run_id
FROM exposures
LEFT JOIN pieces ON exposures.harpnum = pieces.harpnum AND exposures.run_id = pieces.run_id
