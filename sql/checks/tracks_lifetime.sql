-- A track whose lifetime_h is not t_death - t_birth.
SELECT track_id AS record, 'lifetime_h is ' || lifetime_h AS detail
FROM tracks
WHERE abs(lifetime_h - epoch(t_death - t_birth) / 3600) > 1e-6
