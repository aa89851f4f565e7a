-- One row per run of an ensemble: in which parameters it differs from the current run of its HARP, and how much
-- it found.
-- like runs: run_id, harpnum, series
-- column product string {meta.code} : As `pores.product`; null where the run found nothing or is stale
-- like ensemble_members: is_current, stale
-- like ensemble_pores: threshold
-- column differs string {meta.note} : Parameters that differ from the current run's, with their values, JSON
-- column detection string {meta.id} : Equal for runs of a HARP whose features are the same: those that differ in
--     tracking only
-- column n_features int64 {meta.number} : Features; null where the run is stale
-- column n_tracks int64 {meta.number} : Tracks, likewise
-- column mean_area_mm2 float64 [Mm2] {phys.area;stat.mean} : Mean area of a feature in a frame
CREATE VIEW ensemble_runs AS
WITH
knobs AS (
    SELECT ensemble_members.harpnum, ensemble_members.run_id, substr(knob.fullkey, 3) AS name, knob.atom AS value
    FROM ensemble_members, json_tree(ensemble_members.config) AS knob
    WHERE knob.atom IS NOT NULL
),
differing AS (
    SELECT
        knobs.run_id,
        to_json(map(list(knobs.name ORDER BY knobs.name), list(knobs.value ORDER BY knobs.name)))::VARCHAR
            AS differs
    FROM knobs
    INNER JOIN ensemble_members AS current_run ON knobs.harpnum = current_run.harpnum AND current_run.is_current
    LEFT JOIN knobs AS theirs ON current_run.run_id = theirs.run_id AND knobs.name = theirs.name
    WHERE knobs.value IS DISTINCT FROM theirs.value
    GROUP BY knobs.run_id
),
features AS (
    SELECT run_id, min(product) AS product, count(*) AS n_features, avg(area_mm2) AS mean_area_mm2
    FROM ensemble_pores
    GROUP BY run_id
),
lives AS (
    SELECT run_id, count(*) AS n_tracks
    FROM ensemble_tracks
    GROUP BY run_id
)
SELECT
    members.run_id,
    members.harpnum,
    members.series,
    features.product,
    members.is_current,
    members.stale,
    (members.config ->> '$.detect.threshold')::DOUBLE AS threshold,
    coalesce(differing.differs, '{}') AS differs,
    md5(
        concat_ws(
            ' ',
            members.config -> '$.enhance',
            members.config -> '$.weights',
            members.config -> '$.prepare',
            members.config -> '$.detect'
        )
    ) AS detection,
    CASE WHEN NOT members.stale THEN coalesce(features.n_features, 0) END AS n_features,
    CASE WHEN NOT members.stale THEN coalesce(lives.n_tracks, 0) END AS n_tracks,
    features.mean_area_mm2
FROM ensemble_members AS members
LEFT JOIN differing ON members.run_id = differing.run_id
LEFT JOIN features ON members.run_id = features.run_id
LEFT JOIN lives ON members.run_id = lives.run_id
ORDER BY members.harpnum, threshold, differs
