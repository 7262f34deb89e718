"""Another order for the best passages, by a cross-encoder that the settings name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.errors import ModelUnavailable
from rag.reading.cross_encoder import PairModel
from rag.types import Passage


@dataclass(frozen=True, slots=True)
class CrossEncoderReranker:
    """Any cross-encoder with one score."""

    model: PairModel

    @property
    def id(self) -> str:
        return self.model.id

    def scores(self, question: str, passages: Sequence[Passage]) -> Sequence[float]:
        pairs = [(question, _with_head(passage)) for passage in passages]
        found: list[float] = self.model.scores(pairs)[:, 0].tolist()
        return found


def load_reranker(name: str, *, device: str) -> CrossEncoderReranker:
    """By its name.

    Args:
        name: Of the model hub, or a folder.
        device: As torch names it, or "auto".

    Raises:
        ModelUnavailable: It cannot be loaded, or has more scores than one.
    """
    model = PairModel(name, "rerank_model", device=device)
    if len(model.labels) != 1:
        raise ModelUnavailable(
            f"The cross-encoder {name!r} has {len(model.labels)} scores: it does not rank.",
            hint="Set rerank_model to a cross-encoder with one score, such as those for MS MARCO.",
        )
    return CrossEncoderReranker(model)


def _with_head(passage: Passage) -> str:
    return f"{' › '.join((passage.post.title, *passage.section.headings))}\n{passage.text}"
