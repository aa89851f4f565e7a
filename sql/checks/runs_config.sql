-- A run whose config_hash is not the SHA-256 of its config.
SELECT run_id AS record, 'config_hash is ' || config_hash || ', config gives ' || sha256(config) AS detail
FROM all_runs
WHERE config_hash <> sha256(config)
