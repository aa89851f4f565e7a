"""Faults on request: which request is struck, by what, and how often."""

import fnmatch
import random
import threading
from dataclasses import asdict, dataclass, fields
from typing import Any

BEFORE = frozenset({"http", "close", "stall_first"})  # strike before the request is looked at
JSON = frozenset({"newline", "garbage"})  # strike in place of an answer
EXPORT = {"busy": "exp_request", "pending": "exp_status", "lost": "exp_status"}
BODY = frozenset({"truncate", "truncate_unknown", "flip", "stall", "close_after"})
UNDETECTABLE = frozenset({"flip", "truncate_unknown"})  # in a text without sums; `any` means downloads there
KINDS = BEFORE | JSON | frozenset(EXPORT) | BODY


@dataclass
class Fault:
    """One rule.

    Attributes
    ----------
    kind : str
        http (`code`), close (no reply, nothing done), close_after (no reply, though the request was carried
        out), truncate (Content-Length promises more), truncate_unknown (no Content-Length), flip (`bytes` of
        the body changed), stall (the body stops for `seconds`, then goes on), stall_first (silence before the
        headers), newline (a JSON error with a raw newline in it), garbage (a page in place of JSON), busy
        (status 7), pending (status 1, however long), lost (status 6).
    where : str
        An op (`rs_list`, `exp_request`, `download`, ...), `any`, or a pattern of path and query: `*Br.fits?`.
    times : int or None
        Strikes at most so often.
    after : int
        So many matching requests are let through first.
    probability : float
        Of a strike at a matching request.
    keep : float
        Share of the body that is sent before it is cut or stops.
    """

    kind: str
    where: str = "any"
    times: int | None = None
    after: int = 0
    probability: float = 1.0
    code: int = 503
    keep: float = 0.5
    bytes: int = 1
    seconds: float = 3600.0
    struck: int = 0
    seen: int = 0

    @classmethod
    def of(cls, rule: dict[str, Any]) -> "Fault":
        """A rule as JSON gives it; ValueError if there is no such fault."""
        known = {f.name for f in fields(cls)}
        if not set(rule) <= known or rule.get("kind") not in KINDS:
            raise ValueError(f"no such fault: {rule}")
        fault = cls(**rule)
        if fault.kind in EXPORT and fault.where == "any":
            fault.where = EXPORT[fault.kind]
        return fault

    def matches(self, op: str, target: str) -> bool:
        if self.kind in EXPORT and op != EXPORT[self.kind]:
            return False
        if self.kind in JSON and op in ("download", "list"):
            return False
        if self.where == "any" and self.kind in UNDETECTABLE and op != "download":
            return False
        return self.where in ("any", op) or fnmatch.fnmatchcase(target, self.where)


class Faults:
    """The rules in force; the first that strikes counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self.random = random.Random(0)

    def set(self, rules: list[dict[str, Any]], seed: int = 0) -> None:
        """Replace all rules."""
        new = [Fault.of(rule) for rule in rules]
        with self._lock:
            self._rules, self.random = new, random.Random(seed)

    def strikes(self, op: str, target: str) -> Fault | None:
        """The fault that strikes a request, if one does."""
        with self._lock:
            for rule in self._rules:
                if not rule.matches(op, target):
                    continue
                rule.seen += 1
                spent = rule.times is not None and rule.struck >= rule.times
                if rule.seen <= rule.after or spent or self.random.random() >= rule.probability:
                    continue
                rule.struck += 1
                return rule
        return None

    def flips(self, size: int, n: int) -> dict[int, int]:
        """Where a body is damaged, and by which bits."""
        with self._lock:
            return (
                {self.random.randrange(size): self.random.randrange(1, 256) for _ in range(n)} if size else {}
            )

    def state(self) -> list[dict[str, Any]]:
        """The rules with how often each struck."""
        with self._lock:
            return [asdict(rule) for rule in self._rules]
