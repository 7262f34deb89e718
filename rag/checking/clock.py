"""How long an answer takes to be written and to be checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from time import perf_counter

from rag.types import Claim, Remark


class Clock:
    """Milliseconds of writing and of checking, which take turns."""

    def __init__(self, timing: dict[str, float]) -> None:
        self._timing = {**timing, "write": timing.get("write", 0.0), "verify": 0.0}
        self._last = perf_counter()

    @property
    def timing(self) -> Mapping[str, float]:
        return dict(self._timing)

    def writing(self, claims: Iterable[Claim | Remark]) -> Iterator[Claim | Remark]:
        for claim in claims:
            self._add("write")
            yield claim
        self._add("write")

    def checked(self) -> Mapping[str, float]:
        self._add("verify")
        return self.timing

    def _add(self, stage: str) -> None:
        now = perf_counter()
        self._timing[stage] += (now - self._last) * 1000
        self._last = now
