"""True restatements with their altered twins: what a judge of support has to tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from eval.cases.gold import normalise
from eval.cases.jsonl import ItemLine, Text, read_items

Change = Literal[
    "number", "negation", "subject_swap", "date", "false_join", "comparison", "hedge_dropped",
    "unit", "quantifier", "cause_reversed", "place", "attribution", "tense_or_status",
    "condition_dropped", "extra_detail", "opposite_word",
]  # fmt: skip
Split = Literal["fit", "grade"]


@dataclass(frozen=True, slots=True)
class ClaimPair:
    """Sentences of a post, what they say in other words, and the same made false."""

    id: str
    kind: Change
    """The one thing that the altered claim changes."""
    split: Split
    """Whether weights and thresholds may be fitted on it; the others are for grading alone."""
    evidence: tuple[str, ...]
    """One to three sentences, as they follow one another in a post."""
    paraphrase: str
    """True, by the evidence alone."""
    altered: str
    """Not true, by the evidence alone: contradicted, or said as certain where it is not."""


def bundled_pairs() -> Path:
    """Two hundred pairs of our own."""
    return Path(str(files("eval.data") / "altered_claims.jsonl"))


def bundled_fit_pairs() -> Path:
    """Sixteen hundred pairs of our own, to train on."""
    return Path(str(files("eval.data") / "claims_fit.jsonl"))


def load_claim_pairs(path: Path) -> tuple[ClaimPair, ...]:
    """The pairs of a JSON Lines file, in its order; ids are unique.

    Raises:
        SourceError: The file cannot be read or has mistakes; the hint lists the first ten.
    """
    return tuple(line.pair() for line in read_items(path, _PairLine))


class _PairLine(ItemLine):
    kind: Change
    split: Split
    evidence: Annotated[tuple[Text, ...], Field(min_length=1, max_length=3)]
    paraphrase: Text
    altered: Text

    def problems(self) -> list[str]:
        said = normalise(" ".join(self.evidence))
        found = [
            f"{name}: it is copied from the evidence"
            for name, claim in (("paraphrase", self.paraphrase), ("altered", self.altered))
            if normalise(claim) in said
        ]
        if normalise(self.paraphrase) == normalise(self.altered):
            found.append("altered: it says the same as the paraphrase")
        return found

    def pair(self) -> ClaimPair:
        return ClaimPair(
            self.id, self.kind, self.split, self.evidence, self.paraphrase, self.altered
        )
