"""What was fitted on data: how to weigh what retrieval measures, and where the thresholds lie.

One file for each revision of an embedding model, written by `eval` with the data's name and the
figures beside it. Another model works with the bundled model's weights and says so.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import IndexDamaged

_MODELS = Path(__file__).parent / "models"
_SURE = 12.0  # log-odds
_BUNDLED = "53aa51172d142c89"
UNCALIBRATED = (
    "Uncalibrated: relevance and thresholds were fitted for the bundled embedding model, not for "
    "the one in use."
)

# What is measured of a passage, of a question's whole result, of a sentence, of a claim: the
# names under which weights are kept, in the order in which values are handed over.
PASSAGE_FEATURES = ("late", "cosine", "words", "share")
ANSWERABLE_FEATURES = (
    "first", "late", "cosine", "share", "best_sentence", "lead", "sentence_lead",
)  # fmt: skip
SENTENCE_FEATURES = ("own", "helped", "share", "cosine", "passage", "short")
# What a reader adds, for the passages that it has read.
PASSAGE_READ_FEATURES = ("searched", "answers")
SENTENCE_READ_FEATURES = (*SENTENCE_FEATURES, "reads")
ANSWERABLE_READ_FEATURES = (*ANSWERABLE_FEATURES, "answers")
SUPPORT_FEATURES = ("share", "one_sentence", "numbers", "names", "negation", "late", "low")
SUPPORT_READ_FEATURES = (*SUPPORT_FEATURES, "reads")


@dataclass(frozen=True, slots=True)
class Logistic:
    """A weighted sum, squeezed into [0, 1]."""

    weights: tuple[float, ...]
    bias: float

    def score(self, features: Sequence[float]) -> float:
        """The weighted sum itself: for ranking."""
        return self.bias + sum(w * x for w, x in zip(self.weights, features, strict=True))

    def __call__(self, features: Sequence[float]) -> float:
        """A probability."""
        return sigmoid(self.score(features))


@dataclass(frozen=True, slots=True)
class ReadCalibration:
    """What was fitted for passages that a reader has read."""

    passage: Logistic
    """Of the score that the passage was found with, and of the reading."""
    sentence: Logistic
    answerable: Logistic
    min_answerable: float
    min_share: float
    min_short: float | None = None
    """A short answer is shown from this log-odds on; None: never."""
    min_share_near: float | None = None
    """The least part for a sentence of the best one's own section; None: as elsewhere."""


@dataclass(frozen=True, slots=True)
class ReadSupport:
    """What was fitted for a judge that reads claims."""

    support: Logistic
    min_support: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """All that was fitted for one embedding model."""

    passage: Logistic
    answerable: Logistic
    sentence: Logistic
    support: Logistic
    min_answerable: float
    """A question is answered from here on."""
    min_share: float
    """A further sentence is quoted when it is at least this part as relevant as the best one."""
    min_support: float
    """A chat model's sentence is shown from here on."""
    read: ReadCalibration | None = None
    """None where nothing was fitted for a reader."""
    read_support: ReadSupport | None = None
    """None where nothing was fitted for a judge that reads claims, as in what is shipped."""
    fitted: bool = True
    """False where the weights were fitted for another model."""

    def weigh_answerable(self, row: Sequence[float]) -> float:
        """That the posts answer the question, in [0, 1].

        Args:
            row: As `rag.retrieval.retrieve.look` measured it, with or without a reader.
        """
        if self.read and len(row) == len(ANSWERABLE_READ_FEATURES):
            return self.read.answerable(row)
        return self.answerable(row)

    def thresholds(self, *, read: bool) -> tuple[float, float]:
        """From where on a question is answered; the least part of the best sentence's relevance.

        Args:
            read: Whether a reader has read the best passages.
        """
        if read and self.read:
            return self.read.min_answerable, self.read.min_share
        return self.min_answerable, self.min_share


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def bounded(odds: float) -> float:
    """Log-odds of a network, no further out than says anything."""
    return max(-_SURE, min(_SURE, odds))


def load_calibration(revision: str) -> Calibration:
    """What was fitted for a model's revision, else for the bundled model.

    Raises:
        IndexDamaged: The installation lacks its own file.
    """
    own = _file(revision)
    file = own if own.is_file() else _file(_BUNDLED)
    if not file.is_file():
        raise IndexDamaged(f"{file} is missing.", hint="Install pullquote again.")
    return parse(json.loads(file.read_text(encoding="utf-8")), fitted=own.is_file())


def parse(values: Mapping[str, Any], *, fitted: bool = True) -> Calibration:
    """A calibration from its JSON form."""
    thresholds = values["thresholds"]
    return Calibration(
        passage=_logistic(values["passage"], PASSAGE_FEATURES),
        answerable=_logistic(values["answerable"], ANSWERABLE_FEATURES),
        sentence=_logistic(values["sentence"], SENTENCE_FEATURES),
        support=_logistic(values["support"], SUPPORT_FEATURES),
        min_answerable=thresholds["min_answerable"],
        min_share=thresholds["min_share"],
        min_support=thresholds["min_support"],
        read=_read(values["read"]) if "read" in values else None,
        read_support=_read_support(values["read_support"]) if "read_support" in values else None,
        fitted=fitted,
    )


def _read(values: Mapping[str, Any]) -> ReadCalibration:
    return ReadCalibration(
        passage=_logistic(values["passage"], PASSAGE_READ_FEATURES),
        sentence=_logistic(values["sentence"], SENTENCE_READ_FEATURES),
        answerable=_logistic(values["answerable"], ANSWERABLE_READ_FEATURES),
        min_answerable=values["thresholds"]["min_answerable"],
        min_share=values["thresholds"]["min_share"],
        min_short=values["thresholds"].get("min_short"),
        min_share_near=values["thresholds"].get("min_share_near"),
    )


def _read_support(values: Mapping[str, Any]) -> ReadSupport:
    return ReadSupport(
        _logistic(values["support"], SUPPORT_READ_FEATURES), values["thresholds"]["min_support"]
    )


def _logistic(entry: Mapping[str, Any], features: Sequence[str]) -> Logistic:
    return Logistic(tuple(entry["weights"][feature] for feature in features), entry["bias"])


def _file(revision: str) -> Path:
    return _MODELS / f"calibration-{revision}.json"
