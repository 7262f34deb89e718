"""Answers that were given before, for as long as nothing that they rest on has changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from rag.types import Answer


class AnswerCache:
    """The answers that were used last; safe to use from several threads."""

    def __init__(self, most: int) -> None:
        """Room for so many answers."""
        self._most = most
        self._guard = threading.Lock()
        self._state: Hashable = None
        self._kept: OrderedDict[Hashable, Answer] = OrderedDict()

    def get(self, asked: Hashable, state: Hashable) -> Answer | None:
        """What was answered to this.

        Args:
            asked: All that was handed over with the question.
            state: All that an answer rests on beside it, such as the index's generation. When it
                is another one, whatever was kept is forgotten.
        """
        with self._guard:
            if state != self._state:
                self._state = state
                self._kept.clear()
            answer = self._kept.get(asked)
            if answer is not None:
                self._kept.move_to_end(asked)
            return answer

    def put(self, asked: Hashable, state: Hashable, answer: Answer) -> None:
        """Keep an answer that was made in this state; dropped where that is over."""
        with self._guard:
            if state != self._state:
                return
            self._kept[asked] = answer
            self._kept.move_to_end(asked)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
