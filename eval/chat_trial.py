"""Is a chat model good enough? Questions made of an index's own posts, and what it makes of them.

The questions are made of headings and sentences by rule. Their answers are in the posts, so a model
that is of use answers most of them; how good its answers are, they cannot tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import perf_counter

from rag.assistant import Assistant
from rag.backends import load_embedder, load_writer
from rag.calibration import load_calibration
from rag.chat.spend import Meter
from rag.errors import ConfigError, ModelUnavailable
from rag.index.index import Index
from rag.settings import Settings
from rag.text.sentences import STOP_WORDS, search_words, split_sentences
from rag.types import Post, Section
from rag.writing.with_chat import ChatWriter

QUESTIONS = 20
_WORDS = 8  # of a sentence that become a question
_HOPELESS = 3  # failures at the start, without an answer, behind which nothing more is asked


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one question."""

    question: str
    seconds: float
    asked_tokens: int
    said_tokens: int
    written: int
    """Sentences of the model, those of a second try included."""
    pointing: int
    """… with a number that it was shown."""
    shown: int
    """… that passed the check."""
    failure: str = ""
    """Why the model did not answer, where it did not."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of all."""

    model: str
    tried: tuple[Tried, ...]

    def total(self, value: Callable[[Tried], float]) -> float:
        return sum(map(value, self.tried))

    @property
    def failures(self) -> tuple[str, ...]:
        return tuple(one.failure for one in self.tried if one.failure)

    @property
    def answered(self) -> int:
        return sum(1 for one in self.tried if one.shown)

    @property
    def good(self) -> bool:
        return self._judged()[0]

    @property
    def verdict(self) -> str:
        """In words."""
        return self._judged()[1]

    def _judged(self) -> tuple[bool, str]:
        """By majorities: a model that is of use does each of these more often than not."""
        written = self.total(lambda one: one.written)
        if not self.tried:
            return False, "There is nothing to ask about: the index holds no text."
        if 2 * len(self.failures) >= len(self.tried):
            return False, f"It cannot be used as it is: {self.failures[0]}"
        if not written:
            return False, "It finds no answers, though the questions are made of the posts."
        if 2 * self.total(lambda one: one.pointing) <= written:
            return False, (
                "It does not keep to the form: most of its sentences point at no sentence that it "
                "was shown. Quotes alone answer better."
            )
        if 2 * self.total(lambda one: one.shown) <= written:
            return False, (
                "Most of its sentences say something else than what they point at, as far as the "
                "check can tell. Quotes alone answer better."
            )
        if 2 * self.answered <= len(self.tried):
            return False, "It leaves most questions without an answer that passes the check."
        return True, "It can be used: most of what it writes points at sentences and passes."


def try_model(settings: Settings, *, on_progress: Callable[[int, int], None]) -> Trial:
    """Ask the chat model that the settings name about the index that they name.

    Its tokens count as spent, where `chat_daily_tokens` is set. It stops early where the model
    fails at every one of the first questions.

    Raises:
        IndexMissing, IndexMismatch, IndexDamaged: As `Assistant.open`.
        ModelUnavailable: The model cannot even be asked.
    """
    every_one = {"chat_fallback": False, "min_answerable": 0.0}
    settings = settings.model_copy(update=every_one)
    embedder = load_embedder(settings)
    writer = load_writer(settings, load_calibration(embedder.id.revision))
    if not isinstance(writer, ChatWriter):
        raise ConfigError("No chat model is named.", hint="Name one as provider:model.")
    meter = _Counting(writer.meter)
    tried: list[Tried] = []
    with Assistant(settings, embedder=embedder, writer=replace(writer, meter=meter)) as assistant:
        questions = draft_questions(assistant.index, QUESTIONS)
        for number, question in enumerate(questions, 1):
            tried.append(_try(assistant, meter, question))
            on_progress(number, len(questions))
            if number == _HOPELESS and all(one.failure for one in tried):
                break
    return Trial(writer.name, tuple(tried))


def _try(assistant: Assistant, meter: _Counting, question: str) -> Tried:
    meter.spent = (0, 0)
    started = perf_counter()
    try:
        answer = assistant.ask(question, recognise=False)
    except ModelUnavailable as error:
        return Tried(question, perf_counter() - started, *meter.spent, 0, 0, 0, f"{error.problem}")
    shown = len(answer.sentences)
    pointing = sum(1 for one in answer.rejected if one.claim.pointers)
    written = shown + len(answer.rejected)
    seconds = perf_counter() - started
    return Tried(question, seconds, *meter.spent, written, shown + pointing, shown)


@dataclass
class _Counting:
    """Remembers what was spent, and tells whoever limits it."""

    limit: Meter | None
    spent: tuple[int, int] = (0, 0)

    def hold(self, asked: int) -> int:
        return self.limit.hold(asked) if self.limit else 0

    def settle(self, held: int, spent: tuple[int, int]) -> None:
        self.spent = self.spent[0] + spent[0], self.spent[1] + spent[1]
        if self.limit:
            self.limit.settle(held, spent)


def draft_questions(index: Index, most: int) -> tuple[str, ...]:
    """Questions made of headings and of sentences, in turn, of posts from all over the index."""
    posts = index.posts(limit=max(1, index.status().posts))
    step = max(1, len(posts) // most)
    found: dict[str, None] = {}
    for post in (*posts[::step], *posts):  # the second time round where some say nothing
        if len(found) >= most:
            break
        for question in _of_post(post, index.sections(post.id), heading=len(found) % 2 == 0):
            if question not in found:
                found[question] = None
                break
    return tuple(found)[:most]


def _of_post(post: Post, sections: tuple[Section, ...], *, heading: bool) -> Iterator[str]:
    kinds = [_of_headings(post, sections), _of_sentences(post, sections)]
    for kind in kinds if heading else reversed(kinds):
        yield from kind


def _of_headings(post: Post, sections: tuple[Section, ...]) -> Iterator[str]:
    for section in sections:
        if section.headings and section.text.strip():
            name = section.headings[-1].strip()
            yield name if name.endswith("?") else f"{post.title}: {name}?"


def _of_sentences(post: Post, sections: tuple[Section, ...]) -> Iterator[str]:
    for section in sections:
        for sentence in split_sentences(section.text, section.blocks, language=post.language):
            words = [word for word in search_words(sentence.text).split() if word not in STOP_WORDS]
            if len(words) >= _WORDS:
                yield f"{' '.join(words[:_WORDS])}?"
