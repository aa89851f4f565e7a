"""What the challenge tells those who take part."""

RULES = """# The pore tracking challenge

Simulated series of an active region seen by HMI, with known truth: pores that are born, grow, merge, split,
flicker, cross edges and decay, in 12 min steps. Every tracker is given the same detections; what is compared
is what it makes of them.

Made by `porelake challenge`. Equal seeds and versions give equal series; `made.json` of a series says what
it was made from. Seeds 1001 to 1010 are the challenge's own: tune on others (`porelake challenge --out DIR
--seeds 1..5`).

## What is given

A folder for each series: `<scenario>-<seed>`; `-1h` and `-2h` are series of which only every fifth or tenth
record is left. In it, all that a tracker may use:

- `pores.parquet`: one row for each dark feature and frame: place, area, field, polarity, intensity;
- `frames.parquet`: one row for each record, usable or not: time, reason, geometry, all keywords;
- `labels.h5`: which pixels each feature has, on a grid of two pixels to a native one: `/t_rec` (ms since
  1970), `/pores/shape` (rows and columns of each image) and `/pores/runs`, whose four rows are label, y, x
  and length of runs of pixels along x; with `/pores/first` those of frame `i` are
  `runs[:, first[i]:first[i + 1]]`;
- `faint.parquet`, and `/faint` of the labels: dark features below a weaker threshold that hold no pore;
- `velocities.parquet`: how each feature moves, km/s, by local correlation of the intensity with the records
  before and after;

Columns, units and signs are those of the catalogue's data dictionary.

`truth/` is for the score alone: `pores`, `links`, `tracks`, `events` and `frames` in the same form, and the
`parameters.json` that were simulated. The truth is what an observer would tell who sees without noise; it
counts merges, splits, gaps and ends as the catalogue does, and at a coarser cadence tells what can be known
at that cadence.

## What to hand in

A folder with Parquet files of these columns, others may be there:

- `pores`: the rows given, and `track_id` (null: in no track)
- `links`: `from_pore_id`, `to_pore_id`
- `tracks`: `track_id`, `birth`, `death`, `lifetime_h`; `passing` (true: a piece that parted for a moment and
  rejoined, no life of its own) where it is known
- `events`: `harpnum`, `kind`, `cause`, `t_rec`, `x_px`, `y_px`, `n_from`, `n_to`

Values are those that the tables of `truth/` have. A feature may be unseen for an hour: no link may lead over
more than that and one step of the series.

## How it is scored

    porelake score SERIES/truth --tables FOLDER

Links, events within 0, 1 and 2 frames and with their arity, lifetimes, censoring, identity.
"""
