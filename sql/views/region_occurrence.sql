-- One row per usable frame of a HARP that has features: how many pores and umbrae are there, and how long after
-- the first of them. Where features are there already when observing begins that time is a lower bound.
-- like harps: harpnum, noaa_ars
-- like tracks: product
-- like frames: t_rec
-- column since_first_h float64 [h] {time.interval} : Time since the first feature of the HARP; negative before it
-- column emergence_seen bool {meta.code} : The first feature emerged while observed
-- column n_pores int64 {meta.number} : Pores in the frame
-- column n_umbrae int64 {meta.number} : Umbrae in the frame
-- column pore_area_mm2 float64 [Mm2] {phys.area;arith.sum} : Area of the pores together
-- column umbra_area_mm2 float64 [Mm2] {phys.area;arith.sum} : Area of the umbrae together
-- column pore_flux_mx float64 [Mx] {phys.magField;arith.sum} : Unsigned radial flux of the pores; null: unknown
-- like frames: mu_center, usflux, run_id
CREATE VIEW region_occurrence AS
WITH
firsts AS (
    SELECT
        harpnum,
        run_id,
        product,
        min(t_birth) AS t_first,
        count(*) FILTER (birth = 'censored') = 0
            OR min(t_birth) < min(t_birth) FILTER (birth = 'censored') AS emergence_seen
    FROM tracks
    GROUP BY harpnum, run_id, product
),
seen AS (
    SELECT
        harpnum,
        run_id,
        t_rec,
        count(*) FILTER (kind = 'pore') AS n_pores,
        count(*) FILTER (kind = 'umbra') AS n_umbrae,
        sum(area_mm2) FILTER (kind = 'pore') AS pore_area_mm2,
        sum(area_mm2) FILTER (kind = 'umbra') AS umbra_area_mm2,
        sum(flux_mx) FILTER (kind = 'pore') AS pore_flux_mx
    FROM pores
    GROUP BY harpnum, run_id, t_rec
)
SELECT
    frames.harpnum,
    harps.noaa_ars,
    firsts.product,
    frames.t_rec,
    epoch(frames.t_rec - firsts.t_first) / 3600 AS since_first_h,
    firsts.emergence_seen,
    coalesce(seen.n_pores, 0) AS n_pores,
    coalesce(seen.n_umbrae, 0) AS n_umbrae,
    coalesce(seen.pore_area_mm2, 0) AS pore_area_mm2,
    coalesce(seen.umbra_area_mm2, 0) AS umbra_area_mm2,
    if(coalesce(seen.n_pores, 0) = 0, 0, seen.pore_flux_mx) AS pore_flux_mx,
    frames.mu_center,
    frames.usflux,
    frames.run_id
FROM frames
JOIN harps ON frames.harpnum = harps.harpnum AND frames.run_id = harps.run_id
JOIN firsts ON frames.harpnum = firsts.harpnum AND frames.run_id = firsts.run_id
LEFT JOIN seen ON frames.harpnum = seen.harpnum AND frames.run_id = seen.run_id AND frames.t_rec = seen.t_rec
WHERE frames.usable
