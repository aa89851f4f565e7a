-- One row per frame of a HARP, in time: what was found in it, summed over its features, or why nothing could be.
-- like frames: harpnum
-- like tracks: product
-- like frames: t_rec, t_obs, usable, reason, detail, missing_segments, mu_center
-- column n_pore int64 : Features that are pores; null where the frame is not usable, as in the columns below
-- column n_umbra int64 : Features that are umbrae
-- column pore_area_mm2 float64 [Mm2] : Area of all pores
-- column umbra_area_mm2 float64 [Mm2] : Area of all umbrae
-- column pore_flux_mx float64 [Mx] : Unsigned radial flux through all pores; null where there is no field
-- column umbra_flux_mx float64 [Mx] : Unsigned radial flux through all umbrae; null where there is no field
-- column pore_abs_br float64 [G] : Mean of |mean Br| over the pores, weighted by area
-- column umbra_abs_br float64 [G] : Mean of |mean Br| over the umbrae, weighted by area
-- like frames: run_id
-- param harp INTEGER = null : HARP number; null: all
WITH found AS (
    SELECT
        run_id,
        harpnum,
        t_rec,
        any_value(product) AS product,
        count(*) FILTER (kind = 'pore') AS n_pore,
        count(*) FILTER (kind = 'umbra') AS n_umbra,
        sum(area_mm2) FILTER (kind = 'pore') AS pore_area_mm2,
        sum(area_mm2) FILTER (kind = 'umbra') AS umbra_area_mm2,
        sum(flux_mx) FILTER (kind = 'pore') AS pore_flux_mx,
        sum(flux_mx) FILTER (kind = 'umbra') AS umbra_flux_mx,
        sum(abs(mean_br) * area_mm2) FILTER (kind = 'pore')
        / sum(area_mm2) FILTER (kind = 'pore' AND mean_br IS NOT NULL) AS pore_abs_br,
        sum(abs(mean_br) * area_mm2) FILTER (kind = 'umbra')
        / sum(area_mm2) FILTER (kind = 'umbra' AND mean_br IS NOT NULL) AS umbra_abs_br
    FROM pores
    WHERE ($harp IS NULL OR harpnum = $harp)
    GROUP BY run_id, harpnum, t_rec
)
SELECT
    frames.harpnum,
    found.product,
    frames.t_rec,
    frames.t_obs,
    frames.usable,
    frames.reason,
    frames.detail,
    frames.missing_segments,
    frames.mu_center,
    CASE WHEN frames.usable THEN coalesce(found.n_pore, 0) END AS n_pore,
    CASE WHEN frames.usable THEN coalesce(found.n_umbra, 0) END AS n_umbra,
    CASE WHEN frames.usable THEN coalesce(found.pore_area_mm2, 0) END AS pore_area_mm2,
    CASE WHEN frames.usable THEN coalesce(found.umbra_area_mm2, 0) END AS umbra_area_mm2,
    found.pore_flux_mx,
    found.umbra_flux_mx,
    found.pore_abs_br,
    found.umbra_abs_br,
    frames.run_id
FROM frames
LEFT JOIN found USING (run_id, harpnum, t_rec)
WHERE ($harp IS NULL OR frames.harpnum = $harp)
ORDER BY frames.harpnum, frames.run_id, frames.t_rec
