r"""Claims and evidence as numbers, in one file: what the judge is trained on.

    python -m eval.fit.judge_pool --articles ARTICLES.tar.gz --squad DEV.json --output POOL.npz

`eval.fit.judge_data` says where they are from. Articles of DEV.json are left out. The file can be
taken to a machine with a graphics card, which needs neither the data nor what reads it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.claim_pairs import bundled_fit_pairs, load_claim_pairs
from eval.fit.judge_data import (
    Judged,
    Twins,
    bundled_read_pairs,
    by_rule,
    of_pairs,
    of_questions,
    of_read_pairs,
)
from eval.fit.ragged import flat, ragged
from eval.fit.reader_data import bundled_reading
from eval.hashes import file_sha256
from rag.checking.as_numbers import encode_claim

UNKNOWN = -1
_SEED = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim and its evidence as the network takes them."""

    ids: NDArray[np.int32]
    wrong: NDArray[np.int32]
    """For each token of the claim 1 where it says what does not follow, else 0; or UNKNOWN."""

    @property
    def types(self) -> NDArray[np.int32]:
        found = np.ones(len(self.ids), np.int32)
        found[: len(self.wrong) + 2] = 0
        return found


@dataclass(frozen=True, slots=True)
class Case:
    """A true claim and its false twin."""

    part: str
    """"rule", "asked", "invented" or "read"."""
    true: Claim
    false: Claim
    is_aside: bool


def claim_of(one: Judged) -> Claim:
    """A claim as numbers."""
    encoded = encode_claim(one.claim, one.evidence)
    wrong = [
        UNKNOWN
        if one.wrong is None
        else int(any(start < behind and end > first for first, behind in one.wrong))
        for start, end in encoded.places
    ]
    return Claim(np.asarray(encoded.ids, np.int32), np.asarray(wrong, np.int32))


def cases_of(part: str, twins: Iterable[Twins]) -> list[Case]:
    """Twins as numbers."""
    return [Case(part, claim_of(one.true), claim_of(one.false), one.is_aside) for one in twins]


def save_cases(cases: Sequence[Case], file: Path) -> None:
    """Write them."""
    claims = [claim for one in cases for claim in (one.true, one.false)]
    arrays: dict[str, Any] = {
        "parts": np.asarray([one.part for one in cases]),
        "aside": np.asarray([one.is_aside for one in cases]),
        **flat("ids", [one.ids for one in claims]),
        **flat("wrong", [one.wrong for one in claims]),
    }
    np.savez_compressed(file, **arrays)


def load_cases(file: Path) -> list[Case]:
    """Cases that were written before."""
    with np.load(file) as kept:
        claims = [
            Claim(*one) for one in zip(ragged(kept, "ids"), ragged(kept, "wrong"), strict=True)
        ]
        return [
            Case(part, true, false, bool(aside))
            for part, aside, true, false in zip(
                kept["parts"].tolist(), kept["aside"].tolist(), claims[::2], claims[1::2],
                strict=True,
            )
        ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--squad", type=Path, required=True)
    parser.add_argument("--questions", type=Path, default=bundled_reading())
    parser.add_argument("--pairs", type=Path, default=bundled_fit_pairs())
    parser.add_argument("--read-pairs", type=Path, default=bundled_read_pairs())
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    titles = frozenset(p["title"] for p in json.loads(given.squad.read_text("utf-8"))["paras"])
    cases = [
        *cases_of("rule", by_rule(given.articles, titles, _SEED)),
        *cases_of("asked", of_questions(given.questions, given.articles, _SEED)),
        *cases_of("invented", of_pairs(load_claim_pairs(given.pairs))),
        *cases_of("read", of_read_pairs(given.read_pairs, given.articles, _SEED)),
    ]
    save_cases(cases, given.output)
    for part in dict.fromkeys(one.part for one in cases):
        own = [one for one in cases if one.part == part]
        print(part, len(own), "of which aside", sum(one.is_aside for one in own))
    for file in (given.articles, given.squad, given.questions, given.pairs, given.read_pairs):
        print(file.name, file_sha256(file))


if __name__ == "__main__":
    main()
