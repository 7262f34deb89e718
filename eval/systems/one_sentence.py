"""The simplest that answers: one sentence of the first passage, by words or by meaning alone."""

from __future__ import annotations

import numpy as np

from eval.cases.cases import Case
from eval.systems.in_index import WORDS, passage_search
from rag.assistant import Assistant
from rag.embedding.embedder import PassageText
from rag.record import AnswerRecord, CitationRecord, SentenceRecord, hit_record
from rag.text.sentences import question_words
from rag.types import Passage

_DEPTH = 10  # passages that are found


def one_sentence(name: str, assistant: Assistant, case: Case) -> AnswerRecord:
    """The answer, which is refused only where no passage is found.

    Its score is the share of the question's words in the passage, or their cosine: what either has
    to tell an answerable question by.

    Args:
        name: `WORDS` or `MEANING`.
        assistant: Whose index is searched, with whose model.
        case: Its question alone is taken, not the turns before it.
    """
    found = passage_search(name, assistant, _DEPTH)(case.question)
    score = 0.0
    sentences: tuple[SentenceRecord, ...] = ()
    if found:
        by = _by_words if name == WORDS else _by_meaning
        best, score = by(assistant, case.question, found[0])
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


def _by_words(_assistant: Assistant, question: str, passage: Passage) -> tuple[str, float]:
    wanted = set(question_words(question))
    texts = [one.text for one in passage.sentences]
    shared = [len(wanted & set(question_words(text))) for text in texts]
    held = wanted & set(question_words(passage.text))
    return texts[int(np.argmax(shared))], len(held) / len(wanted) if wanted else 0.0


def _by_meaning(assistant: Assistant, question: str, passage: Passage) -> tuple[str, float]:
    start = passage.sentences[0].start
    spans = tuple((one.start - start, one.end - start) for one in passage.sentences)
    embedder = assistant.pipeline.embedder
    asked = embedder.embed_question(question)
    (vectors,) = embedder.embed_passages([PassageText(passage.text, spans)])
    best = int(np.argmax(vectors.sentences @ asked.sentence))
    return passage.sentences[best].text, float(vectors.passage @ asked.question)
