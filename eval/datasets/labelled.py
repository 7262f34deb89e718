"""A claim, what it is held against, and what people said of it: every set becomes these."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eval.cases.gold import sentence_hash

_MARK = re.compile(r"\s*\[\d+\]")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One judgement of people."""

    id: str
    """Unique within its set."""
    claim: str
    evidence: tuple[str, ...]
    """Passages or sentences, in their order; at least one."""
    label: float
    """1 where people found it supported, else 0; of a graded set the mean of its raters."""
    group: str
    """The question or text that it hangs on: what a resample takes or leaves as a whole."""
    question: str = ""
    slices: tuple[tuple[str, str], ...] = ()
    """What it is counted under besides: a kind of slice and its value."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A record that cannot be graded, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Family:
    """A published set: where it comes from and how it is read."""

    name: str
    """As it is typed."""
    title: str
    licence: str
    source: str
    counts_as: str
    """Which labels mean that a claim is supported."""
    files: tuple[str, ...]
    """Names of its files, as patterns."""
    read: Callable[[Path], Iterator[Labelled | LeftOut]]
    graded: bool = False
    """Raters gave grades, not yes or no."""
    fitted: str = ""
    """Which part of it weights or thresholds were fitted on; empty: none."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class DataSet:
    """What was read of a family."""

    family: Family
    files: tuple[ReadFile, ...]
    items: tuple[Labelled, ...]
    left_out: tuple[tuple[str, int], ...] = ()
    """Reasons, and how many records each."""
    seen: str = ""
    """Why its figures are no headlines: what was fitted on it. Empty: nothing was."""


def bare(claim: str) -> str:
    """A claim without the marks of its citations, such as "[2]"."""
    return _MARK.sub("", claim).strip()


def without_overlaps(sets: Sequence[DataSet]) -> tuple[DataSet, ...]:
    """The sets without what stands in one before: the same claim, or a claim on the same question.

    Compared by the hash of letters and digits, so that marks, case and white space do not matter.
    """
    found: list[DataSet] = []
    known: dict[str, str] = {}  # hash to the set that has it
    for one in sets:
        kept: list[Labelled] = []
        doubles: Counter[str] = Counter()
        for item in one.items:
            other = next((known[key] for key in _keys(item) if key in known), None)
            if other is None:
                kept.append(item)
            else:
                doubles[f"stands in {other} as well"] += 1
        for item in kept:
            known |= dict.fromkeys(_keys(item), one.family.name)
        left_out = (*one.left_out, *sorted(doubles.items()))
        found.append(replace(one, items=tuple(kept), left_out=left_out))
    return tuple(found)


def _keys(item: Labelled) -> tuple[str, ...]:
    hashes = ("claim", sentence_hash(bare(item.claim))), ("question", sentence_hash(item.question))
    return tuple(f"{kind}:{digest}" for kind, digest in hashes if digest)
