"""Hits to a draft with a chat model: the model points, we copy.

It is shown numbered sentences and ends each sentence of its own with numbers; the sentences are
looked up here. A quote can be ill chosen; it cannot be invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.errors import ModelUnavailable
from rag.prompts import NO_ANSWER, answer_messages
from rag.text import split_sentences
from rag.types import Claim, Draft, Found, Pointer, Query

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

# [3], [3, 4], [3][4], 【3】, [^3]; a model that was shown [3] writes any of them.
_MARK = r"[\[【]\s*\^?\d{1,3}(?:\s*[,;]\s*\^?\d{1,3})*\s*[\]】]"
_MARKS = re.compile(_MARK)
_OPEN_MARK = re.compile(r"[\[【][^\]】]*$")
_STOP_THEN_MARKS = re.compile(rf"([.!?。！？…]+[\"”’)]*)((?:\s*{_MARK})+)")
_LIST_MARK = re.compile(r"^[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t]+", re.MULTILINE)


@dataclass(frozen=True)
class ChatWriter:
    """Any chat model that LangChain can name."""

    model: BaseChatModel
    name: str
    sections: int
    """Passages whose sentences are shown."""

    def write(self, query: Query, found: Found) -> Draft:
        numbered = _number(found, self.sections)
        return Draft(query, found, self._claims(query, numbered), self.name)

    def _claims(self, query: Query, numbered: dict[int, Pointer]) -> Iterator[Claim]:
        text = ""
        for piece in self._stream(query, numbered):
            done, text = _split_off(text + piece)
            for sentence in done:
                yield from _claim(sentence, numbered)
        for last in split_sentences(_marks_inside(text)):
            yield from _claim(last.text, numbered)

    def _stream(self, query: Query, numbered: dict[int, Pointer]) -> Iterator[str]:
        messages = answer_messages(query, list(numbered.items()))
        try:
            for chunk in self.model.stream(messages):
                yield chunk.text
        # Chat models of every provider come through here, without a common class of errors.
        except Exception as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else ""
            raise ModelUnavailable(
                f"The chat model {self.name} did not answer: {type(error).__name__}: {reason}",
                hint="Check its server, key and name, or ask without chat_model.",
            ) from error


def _number(found: Found, sections: int) -> dict[int, Pointer]:
    """Numbers from 1, in reading order within a post, the post with the best passage first."""
    hits = found.hits[:sections]
    posts = list(dict.fromkeys(hit.passage.post.id for hit in hits))
    ordered = sorted(hits, key=lambda h: (posts.index(h.passage.post.id), h.passage.position))
    pointers = [
        Pointer(hit.passage.post, hit.passage.section, sentence)
        for hit in ordered
        for sentence in hit.passage.sentences
    ]
    return dict(enumerate(pointers, start=1))


def _split_off(text: str) -> tuple[list[str], str]:
    """The sentences that are surely complete, marks and all, and the rest, which may go on."""
    moved = _marks_inside(text)
    sentences = split_sentences(moved)
    if len(sentences) < 2:
        return [], text
    # "It is open. [" may still become a mark of the sentence before it.
    if not re.search(r"\w", _OPEN_MARK.sub("", _MARKS.sub("", sentences[-1].text))):
        return [], text
    return [sentence.text for sentence in sentences[:-1]], moved[sentences[-1].start :]


def _marks_inside(text: str) -> str:
    """Marks that follow a full stop belong to its sentence: they move in front of it."""
    plain = _LIST_MARK.sub("", text)  # "2." would be taken for a sentence
    return _STOP_THEN_MARKS.sub(lambda match: f"{match[2].rstrip()}{match[1]}", plain)


def _claim(sentence: str, numbered: dict[int, Pointer]) -> Iterator[Claim]:
    if NO_ANSWER in sentence.upper():
        return
    numbers = [int(n) for mark in _MARKS.findall(sentence) for n in re.findall(r"\d+", mark)]
    text = _MARKS.sub("", sentence)
    text = re.sub(r"\s+([.,;:!?])", r"\1", re.sub(r"\s{2,}", " ", text)).strip()
    if re.search(r"\w", text):
        known = [numbered[n] for n in dict.fromkeys(numbers) if n in numbered]
        yield Claim(text, tuple(known))
