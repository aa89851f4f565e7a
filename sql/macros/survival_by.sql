-- One row per product, group and lifetime that occurs: the fraction of features that live longer, by Kaplan and
-- Meier (1958), with limits by Greenwood's variance and the log-log transform (Kalbfleisch and Prentice), as
-- lifelines gives them. Deaths come before what is censored at the same time.
-- param group_of ANY : Expression over the columns of `lives`; lives of equal value are one group
-- param births VARCHAR : `seen`: lives whose birth was seen, right for any law of lifetimes; `all`: the others
--     too, with the part seen as lower bound of their life, which makes lives too long
-- param kind_is VARCHAR : `pore`, `umbra`; null: both
-- param least_obs INTEGER : Fewest observations of a life
-- param least_mu DOUBLE : Smallest cosine of the heliocentric angle that a life may reach
-- param z DOUBLE = 1.959963984540054 : Normal deviate of the limits; this one for 95 %
-- example FROM survival_by(floor(abs(mean_br) / 200), 'seen', 'pore', 2, 0.5)
CREATE MACRO survival_by(group_of, births, kind_is, least_obs, least_mu, z := 1.959963984540054) AS TABLE
WITH
chosen AS (
    SELECT product, group_of AS bin, lifetime_h, birth_seen AND death_seen AS ended
    FROM lives
    WHERE
        (birth_seen OR births = 'all')
        AND lives.kind = coalesce(kind_is, lives.kind)
        AND n_obs >= least_obs
        AND min_mu >= least_mu
),
times AS (
    SELECT
        product,
        bin,
        lifetime_h,
        count(*) AS here,
        count(*) FILTER (ended) AS deaths,
        count(*) FILTER (NOT ended) AS lost
    FROM chosen
    GROUP BY product, bin, lifetime_h
),
risks AS (
    SELECT
        product,
        bin,
        lifetime_h,
        sum(here) OVER (PARTITION BY product, bin ORDER BY lifetime_h DESC)::BIGINT AS at_risk,
        deaths,
        lost
    FROM times
),
estimates AS (
    SELECT
        product,
        bin,
        lifetime_h,
        at_risk,
        deaths,
        lost,
        product(1 - deaths / at_risk) OVER so_far AS surviving,
        -- the last death of all adds nothing: its term is infinite and the estimate 0
        sum(if(deaths = at_risk, 0, deaths / (at_risk * (at_risk - deaths)))) OVER so_far AS variance
    FROM risks
    WINDOW so_far AS (PARTITION BY product, bin ORDER BY lifetime_h)
),
hazards AS (
    SELECT
        product,
        bin,
        lifetime_h,
        at_risk,
        deaths,
        lost,
        surviving,
        -ln(nullif(surviving, 0)) AS hazard,
        z * sqrt(variance) AS spread
    FROM estimates
)
SELECT
    product,
    bin,
    lifetime_h,
    at_risk,
    deaths AS ended,
    lost AS censored,
    surviving,
    if(hazard > 0, exp(-hazard * exp(spread / hazard)), surviving) AS lower,
    if(hazard > 0, exp(-hazard * exp(-spread / hazard)), surviving) AS upper
FROM hazards
