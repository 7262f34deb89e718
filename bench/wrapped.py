"""Embedders around another one, which do all that is not said here as that does it."""

from __future__ import annotations

from collections.abc import Sequence

from rag.embedding.embedder import (
    Embedder,
    ModelId,
    PassageText,
    PassageVectors,
    QuestionVectors,
    TokenCount,
)


class Wrapped:
    """Hands everything on to an embedder."""

    def __init__(self, model: Embedder) -> None:
        self.model = model

    @property
    def id(self) -> ModelId:
        return self.model.id

    @property
    def max_tokens(self) -> int:
        return self.model.max_tokens

    @property
    def special_tokens(self) -> int:
        return self.model.special_tokens

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        return self.model.token_spans(texts)

    def count_tokens(self, texts: Sequence[str]) -> TokenCount:
        return self.model.count_tokens(texts)

    def embed_passages(self, texts: Sequence[PassageText]) -> list[PassageVectors]:
        return self.model.embed_passages(texts)

    def embed_question(self, question: str) -> QuestionVectors:
        return self.model.embed_question(question)


class Remembering(Wrapped):
    """Embeds a question once: what is measured afterwards is everything else."""

    def __init__(self, model: Embedder) -> None:
        super().__init__(model)
        self._known: dict[str, QuestionVectors] = {}

    def embed_question(self, question: str) -> QuestionVectors:
        if question not in self._known:
            self._known[question] = self.model.embed_question(question)
        return self._known[question]


class Recorder(Wrapped):
    """Keeps the texts that it embeds."""

    def __init__(self, model: Embedder) -> None:
        super().__init__(model)
        self.texts: list[str] = []

    def embed_passages(self, texts: Sequence[PassageText]) -> list[PassageVectors]:
        self.texts += [text.text for text in texts]
        return self.model.embed_passages(texts)
