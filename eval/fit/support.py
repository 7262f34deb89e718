"""Fits how well quotes support a claim.

* WiCE: claims of Wikipedia against whole articles, Kamoi et al., 2023,
  https://arxiv.org/abs/2303.01432. A claim is held against the sentences that judges are graded on
  (`eval/judging/evidence.py`), whatever its label. Which sentences people marked is not looked at:
  that would tell supported claims from others.
* Pairs of our own of a true claim and its altered twin, those that may be fitted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from eval.claim_pairs import bundled_fit_pairs, load_claim_pairs
from eval.datasets.labelled import Labelled
from eval.datasets.wice import read_wice as wice_claims
from eval.fit.judge_data import is_kept_aside
from eval.fit.linear import logistic
from eval.judging.evidence import nearest
from rag.calibration import SUPPORT_FEATURES, SUPPORT_READ_FEATURES, bounded
from rag.checking.judge import ReadsClaims, Weigh, best_reading, support_features
from rag.embedding.embedder import Embedder

_FOLDS = 5
_AGAINST = tuple(SUPPORT_FEATURES.index(name) for name in ("numbers", "names", "negation"))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim, what it is held against, and whether people found it supported."""

    claim: str
    evidence: tuple[str, ...]
    supported: bool
    kind: str
    """Where it comes from."""
    group: str
    """The text that it hangs on: its claims are fitted on or graded together."""


def read_pairs(file: Path) -> list[Claimed]:
    """Both claims of those pairs of a file that weights may be fitted on, and no network was."""
    return [
        Claimed(claim, pair.evidence, supported, file.stem, " ".join(pair.evidence))
        for pair in load_claim_pairs(file)
        if pair.split == "fit" and (file != bundled_fit_pairs() or is_kept_aside(pair))
        for claim, supported in ((pair.paraphrase, True), (pair.altered, False))
    ]


def read_wice(file: Path) -> list[Claimed]:
    """The claims of a WiCE file, each with the nearest sentences of its evidence.

    Raises:
        SourceError: The file cannot be read, or has another form.
    """
    return [
        Claimed(
            one.claim,
            nearest(one.claim, one.evidence),
            one.label == 1,
            "wice",
            f"wice {one.group}",
        )
        for one in wice_claims(file)
        if isinstance(one, Labelled)
    ]


def fit_support(
    claims: Sequence[Claimed], embedder: Embedder, weigh: Weigh, reader: ReadsClaims | None = None
) -> dict[str, Any]:
    """Weights, threshold, and figures on claims that the weights had not seen.

    Args:
        claims: What people said of them.
        embedder: Whose tokens are compared.
        weigh: Inverse document frequency of tokens.
        reader: Reads claims; must not have been trained on these.
    """
    names = SUPPORT_READ_FEATURES if reader else SUPPORT_FEATURES
    rows = np.asarray([_row(one, embedder, weigh, reader) for one in claims])
    labels = np.asarray([one.supported for one in claims])
    groups = [one.group for one in claims]
    unseen = np.zeros(len(claims))
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0)
    for train, test in folds.split(rows, labels, groups):
        model = logistic(rows[train], labels[train], balanced=True, against=_AGAINST)
        unseen[test] = expit(model.score(rows[test]))
    threshold = _threshold(unseen, labels)
    return {
        "support": logistic(rows, labels, balanced=True, against=_AGAINST).values(names),
        "thresholds": {"min_support": round(threshold, 4)},
        "figures": {
            kind: _figures(unseen[chosen], labels[chosen], threshold)
            for kind in dict.fromkeys(one.kind for one in claims)
            if (chosen := np.asarray([one.kind == kind for one in claims])).any()
        },
    }


def _row(
    one: Claimed, embedder: Embedder, weigh: Weigh, reader: ReadsClaims | None
) -> tuple[float, ...]:
    features = support_features(one.claim, one.evidence, embedder, weigh)
    if reader is None:
        return features
    read = best_reading(reader, one.claim, [(s,) for s in one.evidence], one.evidence)
    return (*features, bounded(read.support))


def _figures(scores: Any, labels: Any, threshold: float) -> dict[str, float]:
    shown = scores >= threshold
    return {
        "auroc": round(float(roc_auc_score(labels, scores)), 4),
        "balanced_accuracy": round(float(balanced_accuracy_score(labels, shown)), 4),
        "precision": round(float(labels[shown].mean()), 4) if shown.any() else 0.0,
        "shown": round(float(shown.mean()), 4),
        "claims": float(len(labels)),
    }


def _threshold(scores: Any, labels: Any) -> float:
    cuts = np.linspace(0.02, 0.98, 97)
    return float(max(cuts, key=lambda cut: balanced_accuracy_score(labels, scores >= cut)))
