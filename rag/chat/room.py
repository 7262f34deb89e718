"""Which sentences a chat model is shown, under which numbers, within the room that it has."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from rag.chat.prompts import EXAMPLES, answer_messages, sentence_list
from rag.chat.spend import ANSWER_TOKENS, tokens_of
from rag.types import Found, Hit, Pointer, Query

CONTEXT_TOKENS = 4096
"""Of a model of which nothing is known; local servers often give so many."""
_NAMED = 3  # sections that a warning names
_SHORT, _LONG = range(100, 1000), range(1000, 10_000)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a chat model is shown."""

    numbered: dict[int, Pointer]
    """In reading order within a post, the post with the best passage first."""
    dropped: tuple[str, ...]
    """Sections for which there was no room, best first, as readers know them."""

    @property
    def warning(self) -> str:
        """What was dropped, in words; empty where nothing was."""
        if not self.dropped:
            return ""
        names = ", ".join(f"“{name}”" for name in self.dropped[:_NAMED])
        more = len(self.dropped) - _NAMED
        return (
            f"The chat model had no room for {names}{f' and {more} more' if more > 0 else ''}: "
            "chat_context_tokens is its limit."
        )


def fit(query: Query, found: Found, *, passages: int, tokens: int, instructions: str) -> Shown:
    """The best sections, each with all of its passages that were found, or not at all.

    Of the very best section, if it does not fit, its passages are taken one by one.

    Args:
        query: What is asked.
        found: What there is.
        passages: So many of them, at most.
        tokens: What the model can read and write at once.
        instructions: The owner's, which need room as well.
    """
    hits = found.hits[:passages]
    empty = answer_messages(query, (), instructions=instructions)
    room = tokens - ANSWER_TOKENS - sum(tokens_of(text) for _, text in empty)
    sections: dict[tuple[str, str], list[Hit]] = {}
    for hit in hits:
        sections.setdefault((hit.passage.post.id, hit.passage.section.key), []).append(hit)
    taken = _that_fit(list(sections.values()), room)
    shown = {(hit.passage.post.id, hit.passage.section.key) for hit in taken}
    dropped = tuple(_name(group[0]) for key, group in sections.items() if key not in shown)
    pointers = _in_order(taken, hits)
    seed = "\n".join((query.question, *(hit.passage.id for hit in hits)))
    return Shown(dict(zip(_numbers(len(pointers), seed), pointers, strict=True)), dropped)


def _that_fit(sections: Sequence[Sequence[Hit]], room: int) -> list[Hit]:
    best, others = sections[:1], sections[1:]
    if best and _cost(best[0]) > room:
        best = [[hit] for hit in best[0]]
    taken: list[Hit] = []
    for group in chain(best, others):
        cost = _cost(group)
        if cost <= room:
            taken += group
            room -= cost
    return taken


def _cost(group: Sequence[Hit]) -> int:
    pointers = chain.from_iterable(map(_pointers, group))
    return tokens_of(sentence_list([(_LONG[0], pointer) for pointer in pointers]))


def _in_order(taken: Sequence[Hit], hits: Sequence[Hit]) -> list[Pointer]:
    posts = list(dict.fromkeys(hit.passage.post.id for hit in hits))
    ordered = sorted(taken, key=lambda h: (posts.index(h.passage.post.id), h.passage.position))
    return list(chain.from_iterable(map(_pointers, ordered)))


def _pointers(hit: Hit) -> list[Pointer]:
    passage = hit.passage
    return [Pointer(passage.post, passage.section, one) for one in passage.sentences]


def _numbers(count: int, seed: str) -> list[int]:
    """Numbers without an order, the same for the same question and passages.

    Counted from 1, a number that a model makes up, or that a post tells it to write, would nearly
    always be that of some sentence; of nine hundred it is hardly ever one.
    """
    choices = _SHORT if count <= len(_SHORT) // 2 else _LONG
    free = [number for number in choices if number not in EXAMPLES]
    return random.Random(seed).sample(free, count)


def _name(hit: Hit) -> str:
    passage = hit.passage
    return " › ".join((passage.post.title or passage.post.id, *passage.section.headings))
