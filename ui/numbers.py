"""Which number a citation has: one authority for the terminal and the page."""

from __future__ import annotations

from rag.types import Answer, Citation


def numbered(answer: Answer) -> tuple[tuple[Citation, ...], tuple[tuple[int, ...], ...]]:
    """The citations of an answer, each once, and each sentence's numbers, from 1.

    Citations are numbered in the order in which they are first read.
    """
    places: list[Citation] = []
    known: dict[tuple[str, str | None, str, int | None], int] = {}
    marks: list[tuple[int, ...]] = []
    for sentence in answer.sentences:
        own = []
        for citation in sentence.citations:
            start = citation.sentence.start if citation.sentence else None
            section = citation.section.key if citation.section else citation.field
            key = (citation.post.id, section, citation.quote, start)
            if key not in known:
                places.append(citation)
                known[key] = len(places)
            own.append(known[key])
        marks.append(tuple(dict.fromkeys(own)))
    return tuple(places), tuple(marks)
