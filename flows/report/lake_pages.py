"""The pages of a whole lake: overview, table of tracks, plots, what made it."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from catalog.rows import Answer
from flows.report import places, tables
from flows.report.assets import LIBRARIES
from flows.report.harp_pages import POSTER
from flows.report.lake_rows import LakeRows
from flows.report.overview import overview
from flows.report.plots import Plot, plots
from flows.report.rendering import render

_TRACKS, _REGIONS, _REASONS = "tracks", "regions", "unusable"


class LakePages:
    """Makes the pages of a whole lake.

    Parameters
    ----------
    rows : LakeRows
    files : mapping
        Names of the files of each HARP, by its folder.
    around : dict
        What every page is told.
    """

    def __init__(self, rows: LakeRows, files: Mapping[str, list[str]], around: dict[str, Any]) -> None:
        self.rows, self.files, self.around = rows, files, around

    def paths(self) -> Iterator[str]:
        """Paths of all files, the overview last."""
        yield from (places.rows_file(name) for name in self._answers)
        yield from (places.TRACK_ROWS, places.TRACKS, places.PLOTS, places.ABOUT, places.OVERVIEW)

    def page(self, path: str) -> bytes:
        """Return a file; NoPageError if there is none of that path."""
        if path == places.TRACK_ROWS:
            return tables.script("tracks", self.tracks())
        if path.startswith("data/"):
            named = {places.rows_file(name): answer for name, answer in self._answers.items()}
            if path in named:
                return tables.csv_bytes(named[path])
        made = {
            places.TRACKS: self._tracks,
            places.PLOTS: self._plots,
            places.ABOUT: self._about,
            places.OVERVIEW: self._overview,
        }
        if path not in made:
            raise places.NoPageError(path)
        return made[path]()

    def tracks(self) -> dict[str, Any]:
        """The table of all tracks."""
        folders = self.rows.folders
        rows = [
            {**row, "address": f"{folders[row['run_id']]}/{places.card(row['track_id'])}"}
            for row in self.rows.lives
        ]
        return tables.table(tables.TRACKS, rows)

    @cached_property
    def plots(self) -> list[Plot]:
        """The plots that the lake has rows for."""
        return plots(self.rows.ask)

    @cached_property
    def _answers(self) -> dict[str, Answer]:
        """Answer that can be downloaded, by the name of their file."""
        plotted = {answer.name: answer for plot in self.plots for answer in plot.answers}
        return {
            _REGIONS: self.rows.regions,
            _TRACKS: self.rows.tracks,
            _REASONS: self.rows.reasons,
            **plotted,
        }

    def _tracks(self) -> bytes:
        return render("tracks.html", places.TRACKS, answer=self.rows.tracks, **self.around)

    def _plots(self) -> bytes:
        return render("plots.html", places.PLOTS, plots=self.plots, **self.around)

    def _about(self) -> bytes:
        return render("about.html", places.ABOUT, libraries=LIBRARIES, **self.around)

    def _overview(self) -> bytes:
        posters = {folder for folder, names in self.files.items() if POSTER in names}
        return overview(self.rows, posters, self.around)
