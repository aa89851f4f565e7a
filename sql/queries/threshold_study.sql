-- One row per answer and kind of run in ensembles: how an answer moves with the threshold, or with whatever else
-- the runs differ in, beside the answer of the current runs of the same HARPs.
-- like pores: product
-- like ensemble_pores: threshold
-- column differs string {meta.note} : Parameters that differ from the current run's, with their values, JSON
-- like ensemble_pores: is_current
-- column n_harps int64 {meta.number} : HARPs that have such a run
-- column answer string {meta.code} : Which answer; see the parameter
-- column value float64 : The answer: a number, h, Mm2, G or 1/h
-- column value_current float64 : The same of the current runs of these HARPs
-- column change float64 {stat.value;arith.ratio} : value / value_current - 1
-- param answer VARCHAR = null (n_features, n_tracks, mean_area_mm2, mean_abs_br, median_lifetime_h,
--     merges_per_track_h, null) : `n_features`, `n_tracks`, `mean_area_mm2` of a feature, `mean_abs_br` of a
--     feature (G), `median_lifetime_h` by Kaplan and Meier over lives whose birth was seen, `merges_per_track_h`:
--     tracks that ended by merging, over the sum of lifetimes; null: all of these
-- param kind VARCHAR = pore (pore, umbra, null) : `pore`, `umbra`; null: both
-- param min_obs INTEGER = 2 : Fewest observations of a track
WITH
runs AS (
    SELECT
        run_id,
        -- a run that found nothing says no product: that of the HARP's other runs
        coalesce(product, min(product) OVER (PARTITION BY harpnum)) AS product,
        threshold,
        differs,
        is_current,
        first_value(run_id) OVER (PARTITION BY harpnum ORDER BY is_current DESC) AS current_run_id
    FROM ensemble_runs
    WHERE NOT stale
),
variants AS (
    SELECT
        run_id,
        current_run_id,
        product,
        threshold,
        differs,
        is_current,
        dense_rank() OVER (ORDER BY product, threshold, differs) AS variant
    FROM runs
    WHERE product IS NOT NULL
),
groups AS (
    SELECT variant, product, threshold, differs, is_current, count(*) AS n_harps
    FROM variants
    GROUP BY variant, product, threshold, differs, is_current
),
sides AS (
    SELECT variant, false AS of_current, run_id
    FROM variants
    UNION ALL
    SELECT variant, true AS of_current, current_run_id AS run_id
    FROM variants
),
features AS (
    SELECT
        sides.variant,
        sides.of_current,
        count(*) AS n_features,
        avg(pores.area_mm2) AS mean_area_mm2,
        avg(abs(pores.mean_br)) AS mean_abs_br
    FROM sides
    INNER JOIN ensemble_pores AS pores ON sides.run_id = pores.run_id
    WHERE pores.kind = coalesce($kind, pores.kind)
    GROUP BY sides.variant, sides.of_current
),
-- what survival_by reads in the place of the current runs' lives
lives AS (
    SELECT
        NULL::VARCHAR AS product,
        [sides.variant, sides.of_current::INTEGER] AS side,
        sides.variant,
        sides.of_current,
        tracks.kind,
        tracks.lifetime_h,
        tracks.n_obs,
        tracks.min_mu,
        tracks.birth <> 'censored' AS birth_seen,
        tracks.death <> 'censored' AS death_seen,
        tracks.death = 'merged' AS merged
    FROM sides
    INNER JOIN ensemble_tracks AS tracks ON sides.run_id = tracks.run_id
    WHERE NOT tracks.passing
),
rates AS (
    SELECT
        variant,
        of_current,
        count(*) AS n_tracks,
        count(*) FILTER (merged) / nullif(sum(lifetime_h), 0) AS merges_per_track_h
    FROM lives
    WHERE kind = coalesce($kind, kind) AND n_obs >= $min_obs
    GROUP BY variant, of_current
),
medians AS (
    SELECT bin[1] AS variant, bin[2] = 1 AS of_current, min(lifetime_h) AS median_lifetime_h
    FROM survival_by(side, 'seen', $kind, $min_obs, 0)
    WHERE surviving <= 0.5 + 1e-9  -- as in lifetimes_by
    GROUP BY bin
),
answers AS (
    SELECT
        sides.variant,
        sides.of_current,
        unnest(
            [
                'n_features',
                'n_tracks',
                'mean_area_mm2',
                'mean_abs_br',
                'median_lifetime_h',
                'merges_per_track_h'
            ]
        ) AS answer,
        unnest(
            [
                coalesce(features.n_features, 0),
                coalesce(rates.n_tracks, 0),
                features.mean_area_mm2,
                features.mean_abs_br,
                medians.median_lifetime_h,
                rates.merges_per_track_h
            ]
        ) AS value
    FROM (SELECT DISTINCT variant, of_current FROM sides) AS sides
    LEFT JOIN features ON sides.variant = features.variant AND sides.of_current = features.of_current
    LEFT JOIN rates ON sides.variant = rates.variant AND sides.of_current = rates.of_current
    LEFT JOIN medians ON sides.variant = medians.variant AND sides.of_current = medians.of_current
)
SELECT
    groups.product,
    groups.threshold,
    groups.differs,
    groups.is_current,
    groups.n_harps,
    mine.answer,
    mine.value,
    theirs.value AS value_current,
    mine.value / nullif(theirs.value, 0) - 1 AS change
FROM groups
INNER JOIN answers AS mine ON groups.variant = mine.variant AND NOT mine.of_current
INNER JOIN answers AS theirs
    ON groups.variant = theirs.variant AND theirs.of_current AND mine.answer = theirs.answer
WHERE mine.answer = coalesce($answer, mine.answer)
ORDER BY mine.answer, groups.product, groups.threshold, groups.differs
