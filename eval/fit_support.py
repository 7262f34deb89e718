"""Fits how well quotes support a claim, on WiCE: claims of Wikipedia against whole articles.

Kamoi et al., 2023, https://arxiv.org/abs/2303.01432. A claim is held against the sentences that
people marked as supporting it; one that is not supported, or in part only, against the marked
ones, else against those that share most of its words: the ones a writer would have pointed at.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from eval.linear import logistic
from rag.calibration import SUPPORT_FEATURES
from rag.embed import Embedder
from rag.judge import Weigh, support_features
from rag.text import question_words

_SENTENCES = 3  # as many as a writer points at
_FOLDS = 5
_AGAINST = tuple(SUPPORT_FEATURES.index(name) for name in ("numbers", "names", "negation"))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim, what it is held against, and whether people found it supported."""

    claim: str
    evidence: tuple[str, ...]
    supported: bool


def read_wice(file: Path) -> list[Claimed]:
    """The claims of a WiCE file, one for each line."""
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        sentences = entry["evidence"]
        marked = [group for group in entry["supporting_sentences"] if group]
        chosen = min(marked, key=len) if marked else _nearest(entry["claim"], sentences)
        evidence = tuple(sentences[i] for i in sorted(chosen))
        found.append(Claimed(entry["claim"], evidence, entry["label"] == "supported"))
    return found


def fit_support(
    file: Path, embedder: Embedder, weigh: Weigh
) -> tuple[dict[str, Any], float, dict[str, float]]:
    """Weights, threshold, and figures on claims that the weights had not seen."""
    claims = read_wice(file)
    rows = np.asarray([support_features(c.claim, c.evidence, embedder, weigh) for c in claims])
    labels = np.asarray([c.supported for c in claims])
    unseen = np.zeros(len(claims))
    for train, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(rows, labels):
        model = logistic(rows[train], labels[train], against=_AGAINST)
        unseen[test] = expit(model.score(rows[test]))
    threshold = _threshold(unseen, labels)
    values = logistic(rows, labels, against=_AGAINST).values(SUPPORT_FEATURES)
    figures = {
        "auroc": round(float(roc_auc_score(labels, unseen)), 4),
        "balanced_accuracy": round(float(balanced_accuracy_score(labels, unseen >= threshold)), 4),
        "precision": round(float(labels[unseen >= threshold].mean()), 4),
        "shown": round(float((unseen >= threshold).mean()), 4),
        "claims": float(len(claims)),
    }
    return values, round(threshold, 4), figures


def _threshold(scores: Any, labels: Any) -> float:
    cuts = np.linspace(0.02, 0.98, 97)
    return float(max(cuts, key=lambda cut: balanced_accuracy_score(labels, scores >= cut)))


def _nearest(claim: str, sentences: Sequence[str]) -> list[int]:
    words = set(question_words(claim))
    shared = [len(words & set(question_words(sentence))) for sentence in sentences]
    return sorted(range(len(sentences)), key=lambda i: (-shared[i], i))[:_SENTENCES]
