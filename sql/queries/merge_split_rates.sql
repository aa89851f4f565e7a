-- One row per product and kind of event: how often pores merge and split in an hour of a pore being watched, with
-- Poisson limits of 95 % within 1 % of the exact ones (Byar's approximation; exact lower limits up to six events);
-- see interaction_rates.
-- like tracks: product
-- column kind string {meta.code.class} : `merge`: a pore ends in another feature; `split`: it loses a piece
-- column n int64 {meta.number} : Events
-- column pore_hours float64 [h] {time.duration;arith.sum} : Time for which pores were watched
-- column per_pore_hour float64 [1/h] {arith.rate} : n / pore_hours
-- column lower float64 [1/h] {arith.rate;stat.min} : Lower 95 % limit of per_pore_hour
-- column upper float64 [1/h] {arith.rate;stat.max} : Upper 95 % limit of per_pore_hour
-- param harp INTEGER = null : HARP number; null: all
WITH
sums AS (
    SELECT
        product,
        unnest(['merge', 'split']) AS kind,
        unnest([sum(n_merges), sum(n_splits)])::BIGINT AS n,
        sum(pore_hours) AS pore_hours
    FROM interaction_rates
    WHERE ($harp IS NULL OR harpnum = $harp)
    GROUP BY product
)
SELECT
    product,
    kind,
    n,
    pore_hours,
    n / nullif(pore_hours, 0) AS per_pore_hour,
    coalesce(
        -- half the 2.5 % quantiles of chi-square of 2 n degrees of freedom: of few events Byar's are too low
        ([0, 0.025318, 0.242209, 0.618672, 1.089865, 1.623486, 2.201894])[n + 1],
        n * (1 - 1 / (9 * nullif(n, 0)) - 1.959964 / (3 * sqrt(n))) ** 3
    ) / nullif(pore_hours, 0) AS lower,
    (n + 1) * (1 - 1 / (9 * (n + 1)) + 1.959964 / (3 * sqrt(n + 1))) ** 3 / nullif(pore_hours, 0) AS upper
FROM sums
ORDER BY product, kind
