-- A run whose rows are not all of one product.
WITH told AS (
    SELECT run_id, product FROM pores
    UNION
    SELECT run_id, product FROM faint
    UNION
    SELECT run_id, product FROM tracks
    UNION
    SELECT run_id, product FROM events
)
SELECT run_id AS record, 'products ' || string_agg(product, ', ' ORDER BY product) AS detail
FROM told
GROUP BY run_id
HAVING count(*) > 1
