"""How well does a quote support a claim? A score in [0, 1], without a language model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import regex
from numpy.typing import NDArray

from rag.calibration import Logistic
from rag.embed import Embedder, PassageText
from rag.late import LateQuestion, late_question, token_best
from rag.types import Pointer

_NUMBER = regex.compile(r"\d+(?:[.,]\d+)*")
_NAME = regex.compile(r"(?<!^)(?<![.!?:“\"]\s)\b\p{Lu}[\p{L}\p{M}]+")
_NEGATION = regex.compile(
    r"\b(no|not|never|none|nobody|nothing|neither|nor|without|cannot|\p{L}+n['’]t)\b",
    regex.IGNORECASE,
)
_WHOLE = regex.compile(r"\d+(?:[.,]\d+)*|[\p{L}\p{M}]+")
_THOUSANDS = regex.compile(r"(?<=\d),(?=\d{3}(?!\d))")
Weigh = Callable[[NDArray[np.int32]], NDArray[np.float32]]


class Judge(Protocol):
    """Scores claims."""

    @property
    def name(self) -> str: ...

    def support(self, claim: str, cited: Sequence[Pointer]) -> float:
        """How well the cited sentences back the claim: calibrated, in [0, 1]."""


@dataclass(frozen=True)
class OverlapJudge:
    """Words, numbers, names, negation and token vectors of claim and quote, weighed together.

    An estimate: it reads no relations, so "A beat B" and "B beat A" look alike.
    """

    embedder: Embedder
    weigh: Weigh
    """Inverse document frequency of tokens."""
    calibration: Logistic
    name: str = "overlap"

    def support(self, claim: str, cited: Sequence[Pointer]) -> float:
        texts = [" › ".join((p.post.title, *p.section.headings)) for p in cited]
        evidence = [f"{head}\n{p.sentence.text}" for head, p in zip(texts, cited, strict=True)]
        return self.calibration(support_features(claim, evidence, self.embedder, self.weigh))


def support_features(
    claim: str, evidence: Sequence[str], embedder: Embedder, weigh: Weigh
) -> tuple[float, ...]:
    """What speaks for and against support, in the order of `calibration.SUPPORT_FEATURES`.

    Args:
        claim: One sentence.
        evidence: The sentences it rests on; at least one.
        embedder: Whose tokens are compared.
        weigh: Inverse document frequency of tokens.
    """
    vectors = embedder.embed_question(claim)
    question = late_question(vectors, weigh(vectors.token_ids))
    found = embedder.embed_passages([PassageText(text, ((0, len(text)),)) for text in evidence])
    pairs = [token_best(question, one.tokens, one.token_ids) for one in found]
    best = np.max([pair[0] for pair in pairs], axis=0)
    there = np.max([pair[1] for pair in pairs], axis=0)
    whole = " ".join(evidence)
    return (
        _weighted(question, there),
        max(_weighted(question, pair[1]) for pair in pairs),
        _missing(_NUMBER, claim, whole),
        _missing(_NAME, claim, whole),
        float(bool(_NEGATION.search(claim)) != bool(_NEGATION.search(whole))),
        _weighted(question, best),
        float(np.percentile(best, 20)) if len(best) else 0.0,
    )


def _weighted(question: LateQuestion, values: NDArray[np.float32]) -> float:
    return float(values @ question.weights) if len(question.weights) else 0.0


def _missing(pattern: regex.Pattern[str], claim: str, evidence: str) -> float:
    """The part of the claim's matches that do not stand in the evidence as whole words."""
    said = {match.group() for match in pattern.finditer(_even(claim))}
    known = set(_WHOLE.findall(_even(evidence).casefold()))
    return sum(1 for one in said if one.casefold() not in known) / len(said) if said else 0.0


def _even(text: str) -> str:
    """With numbers written alike: no commas between thousands."""
    return _THOUSANDS.sub("", text)
