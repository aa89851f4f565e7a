-- One row per track of a family, as seen from one of them: what it came from and what came from it by merges and
-- splits, over as many steps as it takes, nearest first.
-- param track VARCHAR : The track_id that is asked for
-- example FROM family_tree('377_20110215_020000_001')
CREATE MACRO family_tree(track) AS TABLE
WITH RECURSIVE
own AS (
    SELECT run_id, family_id
    FROM tracks
    WHERE track_id = track
),
members AS (
    SELECT
        tracks.track_id,
        tracks.harpnum,
        tracks.product,
        tracks.family_id,
        tracks.t_birth,
        tracks.t_death,
        tracks.lifetime_h,
        tracks.birth,
        tracks.death,
        tracks.parent_track_id,
        tracks.child_track_id,
        tracks.passing,
        tracks.kind,
        tracks.max_area_mm2
    FROM tracks
    JOIN own ON tracks.run_id = own.run_id AND tracks.family_id = own.family_id
),
-- in time: a piece comes from what it split off, what it merges into comes from it
steps AS (
    SELECT parent_track_id AS earlier, track_id AS later, 'split' AS link
    FROM members
    WHERE parent_track_id IS NOT NULL
    UNION ALL
    SELECT track_id, child_track_id, 'merge'
    FROM members
    WHERE child_track_id IS NOT NULL
),
moves AS (
    SELECT earlier AS here, later AS there, 'descendant' AS way, link
    FROM steps
    UNION ALL
    SELECT later, earlier, 'ancestor', link
    FROM steps
),
tree(track_id, relation, n_steps, nearer_track_id, link) USING KEY (track_id) AS (
    SELECT track_id, 'itself', 0, NULL::VARCHAR, NULL::VARCHAR
    FROM members
    WHERE track_id = track
    UNION
    SELECT
        moves.there,
        if(tree.relation IN ('itself', moves.way), moves.way, 'relative'),
        tree.n_steps + 1,
        tree.track_id,
        moves.link
    FROM tree
    JOIN moves ON tree.track_id = moves.here
    WHERE moves.there NOT IN (SELECT known.track_id FROM recurring.tree AS known)
    -- of ways of equal length one: straight before crooked, then by name
    QUALIFY
        row_number() OVER (
            PARTITION BY moves.there
            ORDER BY tree.relation NOT IN ('itself', moves.way), tree.track_id, moves.way, moves.link
        ) = 1
)
SELECT
    tree.track_id,
    tree.relation,
    tree.n_steps,
    tree.nearer_track_id,
    tree.link,
    members.harpnum,
    members.product,
    members.family_id,
    members.t_birth,
    members.t_death,
    members.lifetime_h,
    members.birth,
    members.death,
    members.kind,
    members.passing,
    members.max_area_mm2
FROM tree
JOIN members ON tree.track_id = members.track_id
ORDER BY tree.n_steps, members.t_birth, tree.track_id
