"""Compares ways of ranking: words, meaning, both, and both with late interaction.

    python -m eval.rankings --index INDEX --cases CASES.jsonl ...

First, how often the candidates hold the answer at all; the setting `candidates` says how many are
taken by meaning, and as many by words. All four order the same candidates. Words go by BM25 and
meaning by cosine, with nothing fitted. The other two weigh what is measured, with weights that were
fitted on the questions of the other folds, so that no question is ranked by weights that have seen
it.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.bootstrap import estimate, mean
from eval.cases.cases import load_cases
from eval.cases.gold import RetrievedText
from eval.fit.models import fit_passage, fold_numbers
from eval.fit.observe import Observation, observe
from eval.hashes import made_with_text
from eval.report.as_text import rankings_text
from eval.retrieval import RankingFigures, rank_metrics
from eval.tables import shown
from rag.backends import load_embedder
from rag.calibration import PASSAGE_FEATURES
from rag.index.index import Index
from rag.settings import load_settings

WORDS, MEANING, BOTH = "words", "meaning", "both"
LATE = "both and late interaction"
_DEEP = 10  # figures look no further
Floats = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--cases", type=Path, required=True, nargs="+")
    arguments = parser.parse_args()
    settings = load_settings(index=arguments.index)
    index = Index(settings.place)
    embedder = load_embedder(settings)
    index.check_model(embedder.id)
    cases = [case for file in arguments.cases for case in load_cases(file, needs_gold=True)]
    observations = observe(cases, index, embedder, settings)
    print(held_text(observations), end="\n\n")
    for baseline in (WORDS, MEANING, BOTH):
        print(rankings_text(compare_rankings(observations, baseline=baseline)), end="\n\n")
    print(made_with_text(arguments.cases, settings, index=index))


def held_text(observations: Sequence[Observation]) -> str:
    """How many candidates a question has, and how much of what is asked they hold an answer to."""
    asked = [one for one in observations if one.case.parts]
    count = round(float(np.median([len(one.passages) for one in asked])))
    found = estimate(np.asarray([[one.right.any(axis=0).mean()] for one in asked]), mean)
    return (
        f"{len(asked)} answerable questions, {count} candidates in the median; "
        f"they hold the answer to {shown(found)} of what is asked."
    )


def compare_rankings(
    observations: Sequence[Observation], *, baseline: str
) -> tuple[RankingFigures, ...]:
    """The figures of the four rankings, and their paired differences to one of them."""
    lists = {
        name: [_ordered(one, scores) for one, scores in zip(observations, every, strict=True)]
        for name, every in ranking_scores(observations).items()
    }
    return rank_metrics([one.case for one in observations], lists, baseline=baseline)


def ranking_scores(observations: Sequence[Observation]) -> Mapping[str, Sequence[Floats]]:
    """For each ranking the score of every question's candidates; -inf where one is not found."""
    words, meaning = (PASSAGE_FEATURES.index(name) for name in ("words", "cosine"))
    return {
        WORDS: [np.where(o.passages[:, words] > 0, o.passages[:, words], -np.inf)
                for o in observations],
        MEANING: [o.passages[:, meaning] for o in observations],
        BOTH: _unseen(observations, ("words", "cosine")),
        LATE: _unseen(observations, PASSAGE_FEATURES),
    }  # fmt: skip


def _unseen(observations: Sequence[Observation], using: Sequence[str]) -> list[Floats]:
    """Every question's scores by weights that were fitted on the other folds."""
    folds = fold_numbers(len(observations))
    fitted = {
        fold: fit_passage([o for o, f in zip(observations, folds, strict=True) if f != fold], using)
        for fold in set(folds.tolist())
    }
    return [
        fitted[fold].score(one.passages)
        for one, fold in zip(observations, folds.tolist(), strict=True)
    ]


def _ordered(one: Observation, scores: Floats) -> list[RetrievedText]:
    order = np.argsort(-scores, kind="stable")[:_DEEP]
    return [one.texts[i] for i in order if scores[i] > -np.inf]


if __name__ == "__main__":
    main()
