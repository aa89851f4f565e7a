"""What `--threshold` and `--vary` mean: values to be set, and values of which each is to make a run."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from flows.option_values import parameters, require_name, whole_number
from pores.errors import InputError

THRESHOLD = "detect.threshold"


@dataclass
class Varied:
    """Values of parameters: `axes` of those with several; `settings` of others, as `--set` takes them."""

    axes: dict[str, tuple[int | str, ...]] = field(default_factory=dict)
    settings: list[str] = field(default_factory=list)


def varied(threshold: str | None, vary: Sequence[str], set_already: Collection[str]) -> Varied:
    """Return what the options mean; one value is the same as `--set`.

    Parameters
    ----------
    threshold : str or None
        Values of `detect.threshold` with commas between them.
    vary : sequence of str
        As `stage.name=value,value`.
    set_already : collection of str
        Parameters that other options set.

    Raises
    ------
    InputError
        If an option is not of this form, names no parameter, or one that has its value already.
    """
    found, seen = Varied(), set(set_already)
    asked = [] if threshold is None else [("--threshold", THRESHOLD, threshold)]
    for text in vary:
        path, equals, values = text.partition("=")
        if not equals:
            raise InputError(f"--vary {text}: write stage.name=value,value, e.g. detect.threshold=0.45,0.5")
        asked.append((f"--vary {path}", path, values))
    for option, path, text in asked:
        require_name("--vary", path)
        if path in seen:
            raise InputError(f"{option}: {path} has its value by another option, too; say it once")
        seen.add(path)
        _add(found, option, path, _values(option, text))
    return found


def set_by(settings: Sequence[str] | None, tracker: str | None, weights: str | None) -> set[str]:
    """Parameters that `--set`, `--tracker` and `--weights` give a value."""
    named = {setting.partition("=")[0] for setting in settings or ()}
    also = {"track.tracker": tracker, "weights": weights}
    return named | {path for path, value in also.items() if value is not None}


def _add(found: Varied, option: str, path: str, values: list[str]) -> None:
    if path == THRESHOLD:
        for value in values:
            science = {"enhance": "spline", "detect": {"threshold": value}}
            parameters(science, lambda _: f"{option}{' ' if option == '--threshold' else '='}")
    if len(values) > 1:
        found.axes[path] = tuple(
            _of_weights(value) if path == "weights" else whole_number(value) for value in values
        )
    elif "." in path:
        found.settings.append(f"{path}={values[0]}")
    else:
        raise InputError(f"{option}={values[0]}: one value; --{path} {values[0]} says it")


def _values(option: str, text: str) -> list[str]:
    values = [value.strip() for value in text.split(",")]
    if not all(values):
        raise InputError(f"{option} {text}: a value is missing; write e.g. 0.45,0.5,0.55")
    return values


def _of_weights(name: str) -> str:
    from storage.weights import kept

    return kept(name)
