-- One row per feature of a current run that is one of an ensemble: in how many of its runs the feature is found
-- again in the same frame, and how its area moves with the threshold. Runs whose features are the same (they
-- differ in tracking only) count once. Two features of one frame are the same if the centroid of the smaller lies
-- in the ellipse of equal second moments of the larger, widened by sqrt(4/3): to the ends of a bar. So a feature
-- that is two elsewhere has both, and two that are one elsewhere are both found, and are merged there.
-- like pores: harpnum, product, t_rec, pore_id, track_id, kind, area_mm2
-- column n_members int64 {meta.number} : Runs compared, the current one included
-- column n_found int64 {meta.number} : Of these, runs in which the feature is found, the current one included
-- column stability float64 {stat.likelihood} : n_found / n_members
-- column n_merged int64 {meta.number} : Of the runs that found it, those where it is one with another one of its
--     frame
-- column n_split int64 {meta.number} : Those where it is in pieces, which count as one
-- column threshold_from float64 {phot.flux;stat.min} : Lowest threshold at which it is found, of runs that
--     differ from the current one in the threshold only
-- column threshold_to float64 {phot.flux;stat.max} : Highest such threshold
-- column area_min_mm2 float64 [Mm2] {phys.area;stat.min} : Smallest area in the runs, merged ones left out
-- column area_max_mm2 float64 [Mm2] {phys.area;stat.max} : Largest such area
-- column ln_area_slope float64 {arith.rate} : d ln(area) / d threshold, by least squares over runs that differ in
--     the threshold only, merged ones left out; null where there is but one
-- like pores: run_id
CREATE VIEW pore_stability AS
WITH
compared AS (
    SELECT
        harpnum,
        run_id,
        is_current,
        threshold,
        is_current OR json_keys(differs) = ['detect.threshold'] AS by_threshold
    FROM ensemble_runs
    WHERE NOT stale
    QUALIFY row_number() OVER (PARTITION BY harpnum, detection ORDER BY is_current DESC, run_id) = 1
),
counts AS (
    SELECT harpnum, count(*) AS n_members
    FROM compared
    GROUP BY harpnum
    HAVING count(*) > 1
),
features AS (
    SELECT
        pores.harpnum,
        pores.t_rec,
        pores.pore_id,
        pores.run_id,
        compared.is_current,
        compared.threshold,
        compared.by_threshold,
        pores.area_mm2,
        pores.major_axis_mm,
        pores.minor_axis_mm,
        cos(radians(pores.orientation_deg)) AS along_x,
        sin(radians(pores.orientation_deg)) AS along_y,
        sqrt(pores.area_mm2 / pores.area_px) * pores.grid_scale AS pixel_mm,
        pores.x_px,
        pores.y_px
    FROM ensemble_pores AS pores
    INNER JOIN compared ON pores.run_id = compared.run_id
),
beside AS (
    SELECT
        mine.pore_id,
        other.pore_id AS other_id,
        other.run_id,
        other.is_current,
        other.threshold,
        other.by_threshold,
        other.area_mm2,
        (other.x_px - mine.x_px) * mine.pixel_mm AS dx,
        (other.y_px - mine.y_px) * mine.pixel_mm AS dy,
        if(mine.area_mm2 >= other.area_mm2, mine, other) AS larger
    FROM features AS mine
    INNER JOIN features AS other ON mine.harpnum = other.harpnum AND mine.t_rec = other.t_rec
    WHERE mine.is_current AND (NOT other.is_current OR mine.pore_id = other.pore_id)
),
pairs AS (
    SELECT
        pore_id,
        run_id,
        threshold,
        by_threshold,
        area_mm2,
        count(*) OVER (PARTITION BY run_id, other_id) > 1 AS merged
    FROM beside
    WHERE
        ((dx * larger.along_x + dy * larger.along_y) / larger.major_axis_mm) ** 2
        + ((dy * larger.along_x - dx * larger.along_y) / larger.minor_axis_mm) ** 2 <= 1 / 3
),
found AS (
    SELECT
        pore_id,
        run_id,
        threshold,
        by_threshold,
        sum(area_mm2) AS area_mm2,
        count(*) > 1 AS split,
        bool_or(merged) AS merged
    FROM pairs
    GROUP BY pore_id, run_id, threshold, by_threshold
),
scores AS (
    SELECT
        pore_id,
        count(*) AS n_found,
        count(*) FILTER (merged) AS n_merged,
        count(*) FILTER (split) AS n_split,
        min(threshold) FILTER (by_threshold) AS threshold_from,
        max(threshold) FILTER (by_threshold) AS threshold_to,
        min(area_mm2) FILTER (NOT merged) AS area_min_mm2,
        max(area_mm2) FILTER (NOT merged) AS area_max_mm2,
        if(
            count(DISTINCT threshold) FILTER (by_threshold AND NOT merged) > 1,
            regr_slope(ln(area_mm2), threshold) FILTER (by_threshold AND NOT merged),
            NULL
        ) AS ln_area_slope
    FROM found
    GROUP BY pore_id
)
SELECT
    pores.harpnum,
    pores.product,
    pores.t_rec,
    pores.pore_id,
    pores.track_id,
    pores.kind,
    pores.area_mm2,
    counts.n_members,
    scores.n_found,
    scores.n_found / counts.n_members AS stability,
    scores.n_merged,
    scores.n_split,
    scores.threshold_from,
    scores.threshold_to,
    scores.area_min_mm2,
    scores.area_max_mm2,
    scores.ln_area_slope,
    pores.run_id
FROM ensemble_pores AS pores
INNER JOIN counts ON pores.harpnum = counts.harpnum
INNER JOIN scores ON pores.pore_id = scores.pore_id
WHERE pores.is_current
