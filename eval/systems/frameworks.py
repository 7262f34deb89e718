"""Frameworks as they come, end to end: what their defaults find, and one sentence of it.

A framework without a chat model finds and says nothing. So that it can be graded without one, it
answers as the trivial systems do: with one sentence of the first text, the nearest in meaning.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np

from eval.cases.cases import Case
from eval.cases.gold import RetrievedText
from eval.corpora.index import post_texts
from eval.systems.answer import CitedText, OtherAnswer, graded_record
from eval.systems.by_name import OtherSystem
from eval.systems.places import Places
from eval.systems.retrievers import LANGCHAIN, LLAMAINDEX, bare_model, load_system
from eval.systems.text_vectors import Embed
from rag.assistant import Assistant
from rag.embedding.embedder import unit
from rag.index.index import Index
from rag.record import AnswerRecord
from rag.text.sentences import split_sentences

_PACKAGES = {LANGCHAIN: "langchain-chroma", LLAMAINDEX: "llama-index-core"}


def is_framework(name: str) -> bool:
    return name in _PACKAGES


def framework_system(
    name: str, assistant: Assistant, folder: Path, *, embed: Embed | None = None
) -> OtherSystem:
    """One that has been given the posts of the assistant's index; it refuses nothing it found.

    Its score is the cosine of question and sentence.

    Args:
        name: `LANGCHAIN` or `LLAMAINDEX`.
        assistant: Whose posts and embedding model it has.
        folder: Where its vectors are put.
        embed: Its model; None: ours, as sentence-transformers runs it.

    Raises:
        ConfigError: Its packages are not installed.
    """
    index, places = assistant.index, Places(assistant.index)
    posts = index.posts(limit=max(1, index.status().posts))
    languages = {one.id: one.language for one in posts}
    embed = embed or bare_model(assistant.settings, assistant.pipeline.embedder.id)
    search = load_system(name, assistant, post_texts(index), embed=embed, cache=folder)

    def answer_of(case: Case) -> AnswerRecord:
        found = search(case.question, case.history)
        contexts = tuple(CitedText(post_id=one.post_id, text=one.text) for one in found)
        if not found:
            return graded_record(case, OtherAnswer(text="", contexts=contexts), places)
        told = sentences_in(index, found[0], languages.get(found[0].post_id))
        said, score = _nearest(embed, case.question, told)
        cited = CitedText(post_id=found[0].post_id, quote=said)
        given = OtherAnswer(
            text=said, score=min(max(score, 0.0), 1.0), citations=(cited,), contexts=contexts
        )
        return graded_record(case, given, places)

    package = _PACKAGES[name]
    return OtherSystem(f"{name}, {package} {version(package)}", answer_of)


def sentences_in(index: Index, found: RetrievedText, language: str | None) -> tuple[str, ...]:
    """The sentences of the post that stand whole in the text; all of the text where none does."""
    whole = tuple(
        sentence.text
        for section in index.sections(found.post_id)
        for sentence in split_sentences(section.text, section.blocks, language=language)
        if sentence.text in found.text
    )
    return whole or (found.text,)


def _nearest(embed: Embed, question: str, texts: tuple[str, ...]) -> tuple[str, float]:
    vectors = unit(np.asarray(embed([question, *texts]), dtype=np.float32))
    scores = vectors[1:] @ vectors[0]
    best = int(np.argmax(scores))
    return texts[best], float(scores[best])
