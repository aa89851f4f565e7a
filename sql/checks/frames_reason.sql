-- A frame that is usable and has a reason not to be, or is neither, or is unusable and has a count of features.
SELECT
    harpnum || ' ' || t_rec AS record,
    'usable is ' || usable || ', reason ' || coalesce(reason, 'NULL') || ', n_pores ' || coalesce(n_pores::VARCHAR, 'NULL')
        AS detail
FROM frames
WHERE usable = (reason IS NOT NULL) OR (NOT usable AND n_pores IS NOT NULL)
