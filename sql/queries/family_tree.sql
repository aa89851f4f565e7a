-- One row per track of a family, as seen from one of them: what it came from and what came from it by merges and
-- splits, nearest first. A relative is neither: it shares an ancestor or a descendant.
-- like tracks: track_id
-- column relation string {meta.code} : `itself`, `ancestor`, `descendant` or `relative`
-- column n_steps int32 {meta.number} : Merges and splits on the shortest way
-- column nearer_track_id string {meta.id.assoc} : The track on that way that is one step nearer
-- column link string {meta.code.class} : `merge` or `split`, by which the two are connected
-- like tracks: harpnum, product, family_id, t_birth, t_death, lifetime_h, birth, death, kind, passing
-- like tracks: max_area_mm2
-- param track VARCHAR : The track_id; the table `tracks` has them all, `porelake query longest_lives` some
SELECT
    track_id,
    relation,
    n_steps,
    nearer_track_id,
    link,
    harpnum,
    product,
    family_id,
    t_birth,
    t_death,
    lifetime_h,
    birth,
    death,
    kind,
    passing,
    max_area_mm2
FROM family_tree($track)
