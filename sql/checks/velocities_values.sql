-- A correlation above 1, or a mean that is not that of the frames before and after.
SELECT
    pore_id AS record,
    'correlations ' || coalesce(correlation_before, 'NaN') || ' and ' || coalesce(correlation_after, 'NaN')
    || ', velocity (' || coalesce(vx_km_s, 'NaN') || ', ' || coalesce(vy_km_s, 'NaN') || ')' AS detail
FROM velocities
WHERE
    greatest(abs(correlation_before), abs(correlation_after)) > 1
    OR (vx_before_km_s IS NOT NULL AND correlation_before IS NULL)
    OR (vx_after_km_s IS NOT NULL AND correlation_after IS NULL)
    OR (vx_km_s IS NULL) <> (vx_before_km_s IS NULL AND vx_after_km_s IS NULL)
    OR abs(vx_km_s - list_avg([vx_before_km_s, vx_after_km_s])) > 1e-6
    OR abs(vy_km_s - list_avg([vy_before_km_s, vy_after_km_s])) > 1e-6
