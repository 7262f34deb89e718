"""Grades a judge of support: does it pass what is true and stop what was made false?

    python -m eval.claims [FILE] [--split fit|grade|all]

FILE holds pairs of a true restatement and its altered twin (`eval/claim_pairs.py`); without it, the
bundled ones. The judge and its threshold are those that answers are checked with. How much a word
weighs comes from an index; here it is made of the evidence of the whole file.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from eval.abstention import auroc
from eval.bootstrap import RESAMPLES, Figure, Floats, Rows, Statistic, estimate, mean
from eval.claim_pairs import ClaimPair, bundled_pairs, load_claim_pairs
from eval.hashes import made_with_text
from eval.small_index import SmallPost, SmallSection, small_assistant
from eval.tables import shown, table
from rag.settings import load_settings
from rag.types import Pointer, Post, Section, Sentence

ALL = "all"
_TRUE, _ALTERED = range(2)  # columns of scores


class Supports(Protocol):
    """What is graded: a `rag.checking.judge.Judge` is one."""

    def support(self, claim: str, cited: Sequence[Pointer]) -> float:
        """How well the cited sentences back the claim; higher is better."""


@dataclass(frozen=True, slots=True)
class PairScore:
    """What a judge made of a pair."""

    pair: ClaimPair
    paraphrase: float
    altered: float


@dataclass(frozen=True, slots=True)
class ClaimGrades:
    """A judge at a threshold."""

    threshold: float
    kinds: tuple[tuple[str, tuple[Figure, ...]], ...]
    """The figures of all pairs under "all", then of each kind in the order of the pairs."""
    seed: int
    resamples: int


def score_pairs(pairs: Sequence[ClaimPair], judge: Supports) -> tuple[PairScore, ...]:
    """Hold both claims of each pair against all of its evidence."""
    scores = []
    for pair in pairs:
        cited = pointers(pair.evidence)
        true, altered = (judge.support(claim, cited) for claim in (pair.paraphrase, pair.altered))
        scores.append(PairScore(pair, true, altered))
    return tuple(scores)


def pointers(evidence: Sequence[str]) -> tuple[Pointer, ...]:
    """The sentences of a post without a title that says nothing else."""
    post = Post("evidence.example/1", "", "")
    section = Section("0", (), None, 1, " ".join(evidence))
    starts = np.cumsum([0, *(len(sentence) + 1 for sentence in evidence)]).tolist()
    return tuple(
        Pointer(post, section, Sentence(text, start))
        for text, start in zip(evidence, starts, strict=False)
    )


def grade_claims(
    scores: Sequence[PairScore], *, threshold: float, seed: int = 0, resamples: int = RESAMPLES
) -> ClaimGrades:
    """Figures over all pairs and by kind, with intervals by pair.

    Args:
        scores: Of the pairs.
        threshold: A claim passes from here on.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.
    """

    def figures(some: Sequence[PairScore]) -> tuple[Figure, ...]:
        rows = np.array([(one.paraphrase, one.altered) for one in some]).reshape(-1, 2)
        return tuple(
            Figure(name, estimate(of_pairs, statistic, seed=seed, resamples=resamples))
            for name, of_pairs, statistic in _figures(rows, threshold)
        )

    kinds = dict.fromkeys(one.pair.kind for one in scores)
    return ClaimGrades(
        threshold=threshold,
        kinds=(
            (ALL, figures(scores)),
            *((kind, figures([one for one in scores if one.pair.kind == kind])) for kind in kinds),
        ),
        seed=seed,
        resamples=resamples,
    )


def claims_text(grades: ClaimGrades) -> str:
    """A table with a row for all and one for each kind."""
    names = [figure.name for figure in grades.kinds[0][1]]
    rows = []
    for kind, figures in grades.kinds:
        counted = max((f.estimate.n for f in figures if f.estimate), default=0)
        rows.append([kind, str(counted), *(shown(figure.estimate) for figure in figures)])
    return (
        f"{table(['What is altered', 'n', *names], rows)}\n\n"
        f"A claim passes from {grades.threshold:.2f} on. *In order*: the paraphrase scores above "
        "its own twin, a tie counting half; *AUROC*: above any twin. [low, high] is a 95 % "
        f"interval: percentile bootstrap by pair, {grades.resamples:,} resamples, "
        f"seed {grades.seed}."
    )


def _figures(rows: Rows, threshold: float) -> tuple[tuple[str, Rows, Statistic], ...]:
    """Name, a row for each pair, and the statistic over them."""
    true, altered = rows[:, [_TRUE]], rows[:, [_ALTERED]]
    return (
        ("altered stopped", (altered < threshold).astype(np.float64), mean),
        ("true passed", (true >= threshold).astype(np.float64), mean),
        ("in order", (true > altered) + (true == altered) / 2, mean),
        ("AUROC", rows, _auroc),
    )


def _auroc(rows: Rows) -> Floats:
    """`eval.abstention.auroc` of all claims, the true ones being those to pass."""
    scores = np.concatenate([rows[..., _TRUE], rows[..., _ALTERED]], axis=-1)
    true = np.zeros_like(scores)
    true[..., : rows.shape[-2]] = 1
    return auroc(np.stack([true, np.zeros_like(scores), scores], axis=-1))


def evidence_posts(pairs: Sequence[ClaimPair]) -> tuple[SmallPost, ...]:
    """The evidence of each pair as a post of its own."""
    return tuple(SmallPost(pair.id, (SmallSection("", " ".join(pair.evidence)),)) for pair in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, nargs="?", default=bundled_pairs())
    parser.add_argument("--split", choices=("fit", "grade", ALL), default="grade")
    arguments = parser.parse_args()
    pairs = load_claim_pairs(arguments.file)
    graded = [pair for pair in pairs if arguments.split in (ALL, pair.split)]
    with small_assistant(evidence_posts(pairs), load_settings()) as assistant:
        check = assistant.pipeline.check
        scores = score_pairs(graded, check.judge)
        print(f"Judge {check.judge.name!r}, {arguments.file.name}, split {arguments.split}\n")
        print(claims_text(grade_claims(scores, threshold=check.min_support)))
    print(f"\n{made_with_text([arguments.file], load_settings())}")


if __name__ == "__main__":
    main()
