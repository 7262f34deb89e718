"""Other systems by name, as whoever answers a case: a function, an address, or a trivial one.

* words, meaning: the best sentence of the first passage by BM25 or by cosine; nothing is refused.
* module:function: called with a question and the turns before it, a list of `{"question",
  "answer"}`; gives a text, an `OtherAnswer` or its form, or an answer's record.
* http://… and https://…: asked as `eval/systems/http.py` says.

The form of an answer is that of `eval/systems/answer.py`.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from eval.ask_cases import AnswerOf
from eval.cases.cases import Case
from eval.hashes import file_sha256
from eval.systems.answer import graded_record, read_answer
from eval.systems.function import load_function
from eval.systems.http import NeverAnswers, Server
from eval.systems.in_index import MEANING, OURS, WORDS
from eval.systems.one_sentence import one_sentence
from eval.systems.places import Places
from eval.systems.retrievers import LANGCHAIN, LLAMAINDEX
from rag.assistant import Assistant
from rag.errors import ModelUnavailable, PullquoteError
from rag.index.index import Index
from rag.record import AnswerRecord

TRIVIAL = (WORDS, MEANING)


@dataclass(frozen=True, slots=True)
class Asking:
    """How another system is asked."""

    seconds: float = 120.0
    """Until a question without an answer counts as failed."""
    model: str | None = None
    """What an OpenAI-compatible server is asked for; None: its only model."""
    refused_when: tuple[str, ...] = ()
    """An answer that holds one of these texts is a refusal."""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class OtherSystem:
    """Whoever is graded instead of ours."""

    name: str
    """With the hash of its file, where it is a function."""
    answer_of: AnswerOf


def is_trivial(name: str) -> bool:
    """Whether the system is made of an index and a model of ours."""
    return name in TRIVIAL


def is_address(name: str) -> bool:
    """Whether the system is asked over HTTP."""
    return "://" in name


def trivial_system(name: str, assistant: Assistant) -> OtherSystem:
    """One of `TRIVIAL`, on the assistant's index."""
    index, embed = assistant.index, assistant.pipeline.embedder.embed_question
    return OtherSystem(name, lambda case: one_sentence(name, index, embed, case))


def other_system(
    name: str, index: Index, asking: Asking | None = None, *, key: str | None = None
) -> OtherSystem:
    """A function or an address.

    A question that is not answered in time fails, and the next one is asked. What fails at the
    first question in a way that no question could change ends the run. An address may be asked by
    several threads at once, and a function may not.

    Args:
        name: "module:function", or an address.
        index: Of the posts that it answers from: what it cites is looked up there.
        asking: How it is asked.
        key: Sent to an address as a bearer token.

    Raises:
        ConfigError: There is no such system.
    """
    asking = asking or Asking()
    places = Places(index)
    told, ask = _address(name, asking, key) if is_address(name) else _function(name)
    own, looking_up = threading.local(), threading.Lock()
    answered = False

    def patient() -> _Patient:
        if not hasattr(own, "patient"):
            own.patient = _Patient(asking.seconds)
        found: _Patient = own.patient
        return found

    def answer_of(case: Case) -> AnswerRecord:
        nonlocal answered
        try:
            given = read_answer(patient().call(lambda: ask(case)))
        except NeverAnswers as error:
            if answered:
                raise ModelUnavailable(error.problem, hint=error.hint) from error
            raise
        answered = True
        with looking_up:  # what is known of the posts is shared by all workers
            return graded_record(case, given, places, refused_when=asking.refused_when)

    return OtherSystem(told, answer_of)


def _address(url: str, asking: Asking, key: str | None) -> tuple[str, Callable[[Case], Any]]:
    server = Server(url, seconds=asking.seconds, model=asking.model, key=key)
    return url, server.ask


def _function(name: str) -> tuple[str, Callable[[Case], Any]]:
    found = load_function(name, "system", (OURS, *TRIVIAL, LANGCHAIN, LLAMAINDEX, "an address"))
    file = getattr(sys.modules[name.partition(":")[0]], "__file__", None)
    digest = file_sha256(Path(file)) if file else ""

    def ask(case: Case) -> Any:
        turns = [{"question": one.question, "answer": one.answer} for one in case.history]
        try:
            return found(case.question, turns)
        except (PullquoteError, SystemExit) as error:
            # Ours would end the run, as they do where they are not the function's own.
            raise ModelUnavailable(
                f"{type(error).__name__}: {error}", hint="Look at the function."
            ) from error

    return f"{name} (sha256 {digest})" if digest else name, ask


_Work = tuple[Callable[[], Any], "SimpleQueue[tuple[Any, BaseException | None]]"]


class _Patient:
    """Calls in one thread, each awaited for so long; who does not come back is left behind."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._calls: SimpleQueue[_Work] | None = None

    def call(self, work: Callable[[], Any]) -> Any:
        """What the work gives, or raises.

        Raises:
            ModelUnavailable: It took too long.
        """
        if self._calls is None:
            self._calls = SimpleQueue()
            threading.Thread(target=_work_off, args=(self._calls,), daemon=True).start()
        came: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self._calls.put((work, came))
        try:
            given, error = came.get(timeout=self._seconds)
        except Empty:
            self._calls = None  # its thread is still at it
            raise ModelUnavailable(
                f"No answer within {self._seconds:g} seconds.", hint="Give it more by --timeout."
            ) from None
        if error:
            raise error
        return given


def _work_off(calls: SimpleQueue[_Work]) -> None:
    while True:
        work, came = calls.get()
        try:
            came.put((work(), None))
        except BaseException as error:  # whoever waits is told
            came.put((None, error))
