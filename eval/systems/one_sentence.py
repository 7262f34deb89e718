"""The simplest that answers: one sentence of the first passage, by words or by meaning alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eval.cases.cases import Case
from eval.systems.in_index import WORDS, EmbedQuestion, known_passages, passage_search
from rag.catalog import read as catalog_read
from rag.index.index import Index
from rag.record import AnswerRecord, CitationRecord, SentenceRecord, hit_record
from rag.text.sentences import question_words
from rag.types import Passage

_DEPTH = 10  # passages that are found


def one_sentence(name: str, index: Index, embed: EmbedQuestion | None, case: Case) -> AnswerRecord:
    """The answer, which is refused only where no passage is found.

    Its score is the share of the question's words in the passage, or their cosine: what either has
    to tell an answerable question by.

    Args:
        name: `WORDS` or `MEANING`.
        index: What is searched; of meaning also the sentences' vectors are those that it keeps.
        embed: A question to its vectors, by the index's model; None will do for words.
        case: Its question alone is taken, not the turns before it.

    Raises:
        ValueError: Meaning is asked for without a model.
    """
    if name == WORDS:
        found, best, score = _by_words(case.question, index)
    elif embed is not None:
        found, best, score = _by_meaning(case.question, index, embed)
    else:
        raise ValueError("finding by meaning needs a model")
    sentences: tuple[SentenceRecord, ...] = ()
    if found:
        citation = CitationRecord(
            post_id=found[0].post.id,
            title=found[0].post.title,
            headings=found[0].section.headings,
            section=found[0].section.key,
            quote=best,
        )
        sentences = (SentenceRecord(text=best, basis="quoted", support=1.0, citations=(citation,)),)
    return AnswerRecord(
        schema=1,
        id=case.id,
        question=case.question,
        answered=bool(sentences),
        sentences=sentences,
        hits=tuple(hit_record(one, 1 / rank) for rank, one in enumerate(found, 1)),
        answerable=min(max(score, 0.0), 1.0),
    )


_Found = tuple[Sequence[Passage], str, float]
"""What is found, the best sentence of the first, and the score."""


def _by_words(question: str, index: Index) -> _Found:
    found = passage_search(WORDS, index, None, _DEPTH)(question)
    if not found:
        return found, "", 0.0
    wanted = set(question_words(question))
    texts = [one.text for one in found[0].sentences]
    shared = [len(wanted & set(question_words(text))) for text in texts]
    held = wanted & set(question_words(found[0].text))
    return found, texts[int(np.argmax(shared))], len(held) / len(wanted) if wanted else 0.0


def _by_meaning(question: str, index: Index, embed: EmbedQuestion) -> _Found:
    asked = embed(question)
    with index.catalog.reading():
        ids = list(index.search(asked.question, _DEPTH))
        found = known_passages(index, ids)
        if not found:
            return found, "", 0.0
        stored = catalog_read.stored_vectors(index.catalog, ids[:1])[ids[0]]
    nearest = int(np.argmax(stored.sentences.astype(np.float32) @ asked.sentence))
    cosine = float(stored.passage.astype(np.float32) @ asked.question)
    return found, found[0].sentences[nearest].text, cosine
