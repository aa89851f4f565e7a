"""The words of the page on tracking."""

HEAD = """# Tracking

Made by `make challenge` on {day} with porelake {version}; no figure is typed by hand. All trackers follow the
same detections of the same {series} simulated series, seeds {seeds} of every scenario, and are scored with
`porelake score` against the known truth. What happens in the scenarios is told in
[Simulation](simulation.md); `porelake challenge --out DIR` makes the same series for any other tracker, with
the rules. How ours works is in [decision 6](decisions/0006-tracking.md), how the others were chosen and tuned
(on other seeds) in [decision 11](decisions/0011-other-trackers.md). Times of all trackers are in
[performance](performance.md).

What the figures mean. A *link* says that two features in different frames are the same one, or that one came
out of the other; *F1* is the harmonic mean of the part of the true ones that was found and the part of those
found that are true. Features that only one side has are no fault of the links beside them. *Births* and
*deaths* are those that were seen, not those at the edge of what was observed; an event counts as found within
a frame and ten native pixels. *Arity*: of the merges (splits) that were found, those with the true number of
partners. *Lifetimes right*: of the true lives that are complete, those whose length is right within a frame.
*Censoring right*: of matched tracks those whose two ends are rightly said to be seen or not. *Identity
switches*: how often a true track changes over from one found track to another. IDF1, TRA, LNK and CHOTA are
measures of the literature on tracking: of identities, of nodes and links, of links, and of whole
trajectories. At 1 h and 2 h only every fifth or tenth frame of the series is left, and true is what can be
known at that cadence. More on each figure is in [Scores](scoring.md).

Figures of F1 and arity are of all seeds of a scenario together, others means over seeds; in brackets the
worst seed."""

ASKED = """For porelake: {missed} of {n} figures of scenarios are short of what is asked."""

OVERALL = """The series of all scenarios at a cadence; the best, and what is as good, in bold."""

AHEAD = """In how many scenarios and cadences porelake is ahead of the best of the others, level with it, or
behind."""

MISSED = """What porelake gets wrong in the scenarios in which a figure is short of what is asked, seed by
seed: how many mistakes of each kind, and the first of them with its step of the series (from 0) and native
pixel."""

LIMIT = """Births and deaths two to six frames early or late: {n} in all series. In {small} of them the true
area is within 15 % of the limit of detection (20 pixels, 0.664 Mm2) in the first or last frame in which one
side or the other has the pore: counting 20 pixels errs by about one, and granulation takes and gives as
much."""
