"""Units of the schema as other standards write them, without astropy.

The schema writes units as astropy reads them: ``Mx``, ``DN / s``, ``1e-6``. VOUnits (IVOA, of VOTable 1.4
and VOParquet) does not know the maxwell and the data number, has deprecated the gauss and the erg, and has no
bare factor; the units of CDS (of machine-readable tables) know no maxwell either, and their ``G`` is the
constant of gravitation. Such units are written by their factor: a value times its unit stays the same.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_TERM = re.compile(r"([A-Za-z]+)(-?\d+)?")
# unit of the schema: power of ten, unit that both standards know
_FOREIGN = {"Mx": (-8, "Wb"), "G": (-4, "T"), "erg": (-7, "J"), "percent": (-2, "")}
_LOGARITHM = "dex("


@dataclass(frozen=True)
class _Parts:
    """A power of ten, and symbols with their powers."""

    ten: int
    terms: tuple[tuple[str, int], ...]


def vounit(unit: str) -> str | None:
    """The unit by VOUnits; None for none and for logarithms, which it does not know.

    A bare factor is written as one of a ratio of solid angles, which is what an area relative to the
    hemisphere is: VOUnits has no factor without a unit.

    >>> vounit("Mx"), vounit("G / pix"), vounit("1e-6"), vounit("dex(Mx)")
    ('1e-8Wb', '1e-4T.pixel**-1', '1e-6sr.sr**-1', None)
    """
    if (parts := _parts(unit, "adu")) is None:
        return None
    terms = parts.terms or (("sr", 1), ("sr", -1))
    named = [("pixel" if symbol == "pix" else symbol, power) for symbol, power in terms]
    return _written(f"1e{parts.ten}" if parts.ten else "", named, lambda power: f"**{power}")


def cds_unit(unit: str) -> str | None:
    """The unit by the standard of CDS; None for none and for logarithms.

    >>> cds_unit("Mx"), cds_unit("G / pix"), cds_unit("1e-6"), cds_unit("erg / cm3")
    ('10-8Wb', '10-4T.pix-1', '10-6', '10-7J.cm-3')
    """
    if (parts := _parts(unit, "ct")) is None:
        return None
    return _written(f"10{parts.ten:+d}" if parts.ten else "", list(parts.terms), str)


def is_rewritten(unit: str) -> bool:
    """Whether other standards write another unit than the schema, so that a description should tell it."""
    symbols = set(re.findall(r"[A-Za-z]+", unit))
    return unit.startswith(("1e", _LOGARITHM)) or bool(symbols & {*_FOREIGN, "DN"})


def _parts(unit: str, data_number: str) -> _Parts | None:
    if not unit or unit.startswith(_LOGARITHM):
        return None
    ten, terms = 0, []
    for index, part in enumerate(re.split(r"\s*/\s*", unit)):
        sign = -1 if index else 1
        for token in re.split(r"[ .]+", part):
            if token == "1":
                continue
            if token.startswith("1e"):
                ten += sign * int(token[2:])
                continue
            symbol, power = _term(token, unit)
            tens, known = _FOREIGN.get(symbol, (0, data_number if symbol == "DN" else symbol))
            ten += sign * power * tens
            if known:
                terms.append((known, sign * power))
    return _Parts(ten, tuple(terms))


def _term(token: str, unit: str) -> tuple[str, int]:
    found = _TERM.fullmatch(token)
    if found is None:
        raise ValueError(f"{unit}: not a unit as the schema writes them, as in 'erg / cm3'")
    return found[1], int(found[2] or 1)


def _written(factor: str, terms: list[tuple[str, int]], power_of: Callable[[int], str]) -> str:
    return factor + ".".join(symbol + (power_of(power) if power != 1 else "") for symbol, power in terms)
