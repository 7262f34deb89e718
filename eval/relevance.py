"""Answer relevance: how near in meaning what is said is to what was asked, by vectors alone.

    relevance(q, a) = max(0, cos(E(q), E(a)))

E is the model that the index is embedded with: of the question as it is searched, of the whole
answer as a passage is, both cut at the model's longest text. A question that follows on from
another is taken with the one before it. The figure is the mean over the questions that were
answered: a refusal says nothing that could be relevant, and is neither 0 nor a missing value.

RAGAS has the mean cosine of the question and of questions that a chat model makes of the answer
(Es et al., 2023, section 3, https://arxiv.org/abs/2309.15217). Here the answer itself stands where
those questions stand, so that the same answer earns the same everywhere. What that costs: a
question repeated earns the most and answers nothing, and a right answer in two words earns little.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from eval.cases.cases import Case
from eval.figures import CaseGrade
from eval.grade import Failure
from rag.embedding.embedder import Embedder, PassageText
from rag.record import AnswerRecord
from rag.types import Vector

_KEPT = 16  # texts' vectors, for several cases that are graded at once
_DIGITS = 6  # of a cosine; more would be noise of the number format


class Relevance:
    """Measures it with a model."""

    def __init__(self, embedder: Embedder) -> None:
        """With the model of the index that was answered from."""
        self._embedder = embedder
        # A question is held beside several answers; who cites nothing says what was said before.
        self.embed_question = lru_cache(maxsize=_KEPT)(embedder.embed_question)
        self._embed_answer = lru_cache(maxsize=_KEPT)(self._answer)

    def graded(self, case: Case, grade: CaseGrade, came: AnswerRecord | Failure) -> CaseGrade:
        """The grade with the relevance of the answer: 0 of a failure, None of a refusal."""
        if isinstance(came, Failure):
            return replace(grade, relevance=0.0)
        text = " ".join(one.text for one in came.sentences).strip()
        return replace(grade, relevance=self.of(case, text) if came.answered and text else None)

    def of(self, case: Case, text: str) -> float:
        """Of words that answer a case's question; in [0, 1]."""
        asked = " ".join([*(turn.question for turn in case.history[-1:]), case.question])
        cosine = float(self.embed_question(asked).question @ self._embed_answer(text))
        return round(min(max(cosine, 0.0), 1.0), _DIGITS)

    def _answer(self, text: str) -> Vector:
        """Alone in its pass: in another one beside others its last digits might differ."""
        room = self._embedder.max_tokens - self._embedder.special_tokens
        (spans,) = self._embedder.token_spans([text])
        read = text if len(spans) <= room else text[: spans[room - 1][1]]
        (found,) = self._embedder.embed_passages([PassageText(read, ((0, len(read)),))])
        return found.passage
