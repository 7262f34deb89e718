"""How well does a quote support a claim? A score in [0, 1], without a language model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import regex
from numpy.typing import NDArray

from rag.calibration import Logistic, bounded
from rag.embedding.embedder import Embedder, PassageText
from rag.errors import ModelUnavailable
from rag.retrieval.late import LateQuestion, late_question, token_best
from rag.text.sentences import NUMBER, denies
from rag.types import Pointer

_NAME = regex.compile(r"(?<!^)(?<![.!?:“\"]\s)\b\p{Lu}[\p{L}\p{M}]+")
_WHOLE = regex.compile(r"\d+(?:[.,]\d+)*|[\p{L}\p{M}]+")
_THOUSANDS = regex.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NAMED = 2  # words that an objection names
_TOGETHER = 3  # sentences that are read together
Weigh = Callable[[NDArray[np.int32]], NDArray[np.float32]]


class Judge(Protocol):
    """Scores claims."""

    @property
    def name(self) -> str: ...

    def support(self, claim: str, cited: Sequence[Pointer]) -> float:
        """How well the cited sentences back the claim: calibrated, in [0, 1].

        Raises:
            ModelUnavailable: A model that is asked for it does not answer.
        """

    def objection(self, claim: str, cited: Sequence[Pointer]) -> str:
        """What they do not say, in a sentence; empty where nothing stands out."""


class AskedUntilItFails:
    """A judge for one answer: where it has failed once, it is asked no more.

    A model that does not answer takes its whole time with every claim.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.trouble: ModelUnavailable | None = None
        """What it failed at."""

    @property
    def name(self) -> str:
        return self._judge.name

    def support(self, claim: str, cited: Sequence[Pointer]) -> float:
        if self.trouble:
            raise self.trouble
        try:
            return self._judge.support(claim, cited)
        except ModelUnavailable as error:
            self.trouble = error
            raise

    def objection(self, claim: str, cited: Sequence[Pointer]) -> str:
        return self._judge.objection(claim, cited)


@dataclass(frozen=True, slots=True)
class ClaimReading:
    """What a close reading of claim and evidence together gives."""

    support: float
    """Log-odds; not calibrated."""
    missed: str
    """The word of the claim that is missed most in the evidence."""
    sure: float
    """Log-odds that it is not there."""


class ReadsClaims(Protocol):
    """Reads a claim and its evidence together; safe to use from several threads."""

    @property
    def id(self) -> str: ...

    def read(self, claim: str, evidence: Sequence[str]) -> ClaimReading:
        """Hold a claim against sentences, in their order; at least one."""


@dataclass(frozen=True)
class EstimatingJudge:
    """Words, numbers, names, negation, token vectors, and a close reading, weighed together.

    An estimate. Without a reader it knows no relations, so "A beat B" and "B beat A" look alike.
    """

    embedder: Embedder
    weigh: Weigh
    """Inverse document frequency of tokens."""
    calibration: Logistic
    reader: ReadsClaims | None = None

    @property
    def name(self) -> str:
        return self.reader.id if self.reader else "overlap"

    def support(self, claim: str, cited: Sequence[Pointer]) -> float:
        features = support_features(claim, _with_heads(cited), self.embedder, self.weigh)
        if self.reader is None:
            return self.calibration(features)
        read = read_closely(self.reader, claim, cited)
        return self.calibration((*features, bounded(read.support)))

    def objection(self, claim: str, cited: Sequence[Pointer]) -> str:
        plain = plain_objection(claim, cited)
        if plain:
            return plain
        reading = read_closely(self.reader, claim, cited) if self.reader else None
        if reading and reading.missed and reading.sure > 0:
            return f"They do not seem to say “{reading.missed}”."
        return ""


def plain_objection(claim: str, cited: Sequence[Pointer]) -> str:
    """What the cited sentences lack by their words alone, in a sentence; empty where nothing is."""
    evidence = " ".join(_with_heads(cited))
    lacking = [*unsaid(NUMBER, claim, evidence), *unsaid(_NAME, claim, evidence)]
    if lacking:
        return f"They do not mention {_listed(lacking[:_NAMED])}."
    if denies(claim) != any(denies(pointer.sentence.text) for pointer in cited):
        return "Only one of the two says no."
    return ""


def read_closely(reader: ReadsClaims, claim: str, cited: Sequence[Pointer]) -> ClaimReading:
    """What comes of holding a claim against cited sentences, each behind what it stands under."""
    return best_reading(
        reader, claim, [evidence_read([one]) for one in cited], evidence_read(cited)
    )


def best_reading(
    reader: ReadsClaims, claim: str, each: Sequence[Sequence[str]], whole: Sequence[str]
) -> ClaimReading:
    """The best of what each sentence says alone, and of what few of them say together.

    Args:
        reader: Was trained on one to three sentences; of ten it makes little.
        claim: One sentence.
        each: The sentences, each with what it stands under; at least one.
        whole: All of them.
    """
    found = [reader.read(claim, one) for one in each]
    if 1 < len(each) <= _TOGETHER:
        found.append(reader.read(claim, whole))
    return max(found, key=lambda one: one.support)


def evidence_read(cited: Sequence[Pointer]) -> list[str]:
    """What a close reader is given: the sentences, each behind what it stands under."""
    found: list[str] = []
    before = ""
    for head, pointer in zip(_heads(cited), cited, strict=True):
        if head and head != before:
            found.append(f"{head}:")
        found.append(pointer.sentence.text)
        before = head
    return found


def _heads(cited: Sequence[Pointer]) -> list[str]:
    return [" › ".join((p.post.title, *p.section.headings)) for p in cited]


def _with_heads(cited: Sequence[Pointer]) -> list[str]:
    return [f"{h}\n{p.sentence.text}" for h, p in zip(_heads(cited), cited, strict=True)]


def _listed(words: Sequence[str]) -> str:
    return " or ".join(f"“{word}”" for word in words)


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
        _missing(NUMBER, claim, whole),
        _missing(_NAME, claim, whole),
        float(denies(claim) != denies(whole)),
        _weighted(question, best),
        float(np.percentile(best, 20)) if len(best) else 0.0,
    )


def _weighted(question: LateQuestion, values: NDArray[np.float32]) -> float:
    return float(values @ question.weights) if len(question.weights) else 0.0


def _missing(pattern: regex.Pattern[str], claim: str, evidence: str) -> float:
    """The part of the claim's matches that do not stand in the evidence as whole words."""
    said = {match.group() for match in pattern.finditer(_even(claim))}
    return len(unsaid(pattern, claim, evidence)) / len(said) if said else 0.0


def unsaid(pattern: regex.Pattern[str], claim: str, evidence: str) -> list[str]:
    """The claim's matches that do not stand in the evidence as whole words, each once."""
    said = dict.fromkeys(match.group() for match in pattern.finditer(_even(claim)))
    known = set(_WHOLE.findall(_even(evidence).casefold()))
    return [one for one in said if one.casefold() not in known]


def _even(text: str) -> str:
    """With numbers written alike: no commas between thousands."""
    return _THOUSANDS.sub("", text)
