"""Weights of our own for tests of single stages: round numbers, nothing fitted."""

from __future__ import annotations

from rag.calibration import (
    ANSWERABLE_FEATURES,
    ANSWERABLE_READ_FEATURES,
    PASSAGE_FEATURES,
    PASSAGE_READ_FEATURES,
    SENTENCE_FEATURES,
    SENTENCE_READ_FEATURES,
    SUPPORT_FEATURES,
    SUPPORT_READ_FEATURES,
    Calibration,
    parse,
)


def logistic(names: tuple[str, ...], bias: float, **weights: float) -> dict[str, object]:
    assert set(weights) <= set(names)
    return {"weights": {name: weights.get(name, 0.0) for name in names}, "bias": bias}


def calibration(*, read: bool = False, min_short: float | None = None) -> Calibration:
    short = {} if min_short is None else {"min_short": min_short}
    closely = {
        "passage": logistic(PASSAGE_READ_FEATURES, 0, searched=0.2, answers=1),
        "answerable": logistic(ANSWERABLE_READ_FEATURES, -3, first=4, answers=0.5),
        "sentence": logistic(SENTENCE_READ_FEATURES, -1, own=1, reads=1),
        "thresholds": {"min_answerable": 0.4, "min_share": 0.2, **short},
    }
    judged = {
        "support": logistic(SUPPORT_READ_FEATURES, -4, share=4, late=2, reads=0.5),
        "thresholds": {"min_support": 0.7},
    }
    return parse(
        {
            **({"read": closely, "read_support": judged} if read else {}),
            "passage": logistic(PASSAGE_FEATURES, -4, late=4, cosine=2, words=2, share=2),
            "answerable": logistic(ANSWERABLE_FEATURES, -3, first=4, share=4),
            "sentence": logistic(SENTENCE_FEATURES, -4, own=4, helped=2, passage=2, short=-4),
            "support": logistic(SUPPORT_FEATURES, -4, share=4, numbers=-6, late=4, negation=-2),
            "thresholds": {"min_answerable": 0.5, "min_share": 0.3, "min_support": 0.6},
        }
    )
