-- A frame that is usable and has a reason not to be, or is neither, or is unusable and has a number of
-- features.
SELECT
    harpnum || ' ' || t_rec AS record,
    'usable ' || usable || ', reason ' || ifnull(reason, 'NULL') || ', n_pores ' || ifnull(n_pores, -1) AS detail
FROM frames
WHERE usable = (reason IS NOT NULL) OR (NOT usable AND n_pores IS NOT NULL)
