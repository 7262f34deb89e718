"""What a server does with many readers: answers, what gets lost, memory, and how it ends."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import httpx
import numpy as np

from bench.figures import Spread, spread
from bench.readers import Door, Heard, hear, reading

Answers = Mapping[str, Any]
"""Question to the answer that it gets when it is asked alone."""

DOORS: dict[Door, str] = {"page": "page", "api": "ask"}
"""What the server's own figures call them."""
_AT_ONCE = 8  # readers in the long run
_EACH = 5  # questions of one tab there
_LOOK = 0.02  # seconds between two looks at the server's figures
_PATIENCE = 120.0  # seconds until they count as never coming true
_GONE = "no such question"


@dataclass(frozen=True, slots=True)
class Crowd:
    """Readers who ask at the same time, each as soon as the last question was answered."""

    readers: int
    questions: int
    """Of all of them together."""
    broke: dict[str, int]
    """What cut streams off, and how many."""
    lost: int
    """Streams that ended without an end and without an error."""
    mixed: int
    """Streams in which something belonged to another question."""
    wrong: int
    """Answers that came whole and differ from the one that the question gets alone."""
    first: Spread
    """Seconds to the first sentence, or to the refusal."""
    seconds: float
    """From the first question to the last answer."""


@dataclass(frozen=True, slots=True)
class Left:
    """Readers who all close their streams in the middle."""

    readers: int
    counted: dict[str, int]
    """What became of their questions, as the server counts."""
    next_first: float
    """Seconds to the first sentence, or refusal, of somebody who asked as they went."""
    free_seconds: float
    """From their going until the server worked on nothing, his question included."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Readers whose server ends in the middle, and is started again at the same address."""

    readers: int
    whole: int
    """Answers that had come, or still came, to their end."""
    broke: dict[str, int]
    """What the others saw, by its name."""
    back_seconds: float
    """From the start of the new server until it was ready for questions."""
    again: int
    """Of the others, those who asked once more and got the right answer."""


@dataclass(frozen=True, slots=True)
class Memory:
    """A server's memory over many questions."""

    step: int
    """Questions between two looks."""
    megabytes: tuple[float, ...]
    """Resident; the first before any question."""
    wrong: int
    """Questions that did not get the answer that they get alone."""

    @property
    def slope(self) -> float:
        """Megabytes for each 1,000 questions: least squares over the second half."""
        later = self.megabytes[len(self.megabytes) // 2 :]
        at = np.arange(len(later)) * self.step / 1000
        return float(np.polyfit(at, later, 1)[0])


async def alone(address: str, door: Door, questions: Sequence[str]) -> Answers:
    """What each question is answered when nobody else asks.

    Raises:
        RuntimeError: One was not answered.
    """
    found = {}
    for number, question in enumerate(questions):
        async with reading(address, door, number) as reader:
            heard = await hear(reader, question)
        if not heard.whole or heard.mixed:
            raise RuntimeError(f"{question!r} was not answered: {heard.broke}")
        found[question] = heard.answer
    return found


async def crowd(address: str, door: Door, expected: Answers, readers: int, each: int) -> Crowd:
    """Ask `each` questions by each of so many readers."""
    questions = list(expected)

    async def one(number: int) -> list[Heard]:
        mine = [questions[(number * each + n) % len(questions)] for n in range(each)]
        async with reading(address, door, number) as reader:
            return [await hear(reader, question) for question in mine]

    started = perf_counter()
    heard = [one for some in await asyncio.gather(*map(one, range(readers))) for one in some]
    seconds = perf_counter() - started
    return Crowd(
        readers=readers,
        questions=len(heard),
        broke=dict(Counter(one.broke for one in heard if one.broke)),
        lost=sum(not one.whole and not one.broke for one in heard),
        mixed=sum(one.mixed for one in heard),
        wrong=sum(one.whole and not _is_right(one, expected) for one in heard),
        first=spread([one.first for one in heard if one.first is not None]),
        seconds=seconds,
    )


async def leave(
    address: str, door: Door, questions: Sequence[str], readers: int, *, then: str
) -> Left:
    """Let so many ask, and all of them go as soon as the server is at work.

    Args:
        address: Of the server.
        door: Where they ask.
        questions: What they ask.
        readers: How many ask.
        then: What somebody asks who comes as they go.
    """
    before = _counted(await _figures(address), door)
    begun = await _begin(address, door, questions, readers)
    for one in begun:
        one.cancel()
    await asyncio.gather(*begun, return_exceptions=True)
    started = perf_counter()
    heard = await _ask(address, door, then, readers)
    await _until(address, lambda running: running == 0)
    free = perf_counter() - started
    after = _counted(await _figures(address), door)
    after["answered" if heard.answer and heard.answer["answered"] else "refused"] -= 1  # his own
    if heard.first is None:
        raise RuntimeError(f"Whoever asked as the others went was not answered: {heard.broke}")
    became = {name: number for name in after if (number := after[name] - before[name])}
    return Left(readers, became, heard.first, free)


async def cut(
    address: str,
    door: Door,
    expected: Answers,
    readers: int,
    *,
    end: Callable[[], None],
    start: Callable[[], Awaitable[float]],
) -> Cut:
    """Let so many ask, and end the server in the middle.

    Args:
        address: Of both servers.
        door: Where they ask.
        expected: Questions with their answers.
        readers: How many ask.
        end: Ends the server, whichever way.
        start: Starts another one; the seconds until it was ready.
    """
    begun = await _begin(address, door, list(expected), readers)
    end()
    heard = await asyncio.gather(*begun)
    back = await start()
    others = [one for one in heard if not one.whole]
    again = await asyncio.gather(
        *(_ask(address, door, one.question, number) for number, one in enumerate(others))
    )
    return Cut(
        readers=readers,
        whole=sum(one.whole and _is_right(one, expected) for one in heard),
        broke=dict(Counter(one.broke or "the end of the stream" for one in others)),
        back_seconds=back,
        again=sum(one.whole and _is_right(one, expected) for one in again),
    )


async def long_run(
    address: str, expected: Answers, questions: int, step: int, memory_mb: Callable[[], float]
) -> Memory:
    """Ask the page so many questions, in tabs of five, and look at the memory every `step`."""
    all_questions, seen, wrong = list(expected), [memory_mb()], 0

    async def tab(number: int) -> int:
        mine = [all_questions[(number * _EACH + n) % len(all_questions)] for n in range(_EACH)]
        async with reading(address, "page", number) as reader:
            heard = [await hear(reader, question) for question in mine]
        return sum(not one.whole or not _is_right(one, expected) for one in heard)

    tabs = iter(range(questions // _EACH))
    for _ in range(questions // step):
        some = [next(tabs) for _ in range(step // _EACH)]
        for first in range(0, len(some), _AT_ONCE):
            wrong += sum(await asyncio.gather(*map(tab, some[first : first + _AT_ONCE])))
        seen.append(memory_mb())
    return Memory(step, tuple(seen), wrong)


async def _begin(
    address: str, door: Door, questions: Sequence[str], readers: int
) -> list[asyncio.Task[Heard]]:
    """Readers who have asked, of whom the server is answering some, or has just answered one."""
    begun = [
        asyncio.create_task(_ask(address, door, questions[number % len(questions)], number))
        for number in range(readers)
    ]
    # Of a small index answers may be quicker than two looks at the server.
    await _until(address, lambda running: running > 0 or any(one.done() for one in begun))
    return begun


async def _ask(address: str, door: Door, question: str, number: int) -> Heard:
    async with reading(address, door, number) as reader:
        return await hear(reader, question)


def _is_right(heard: Heard, expected: Answers) -> bool:
    return bool(heard.answer == expected.get(heard.question, _GONE))


async def _until(address: str, true: Callable[[float], bool]) -> None:
    """Wait until it is true of the number of questions that the server is working on.

    Raises:
        RuntimeError: It never was.
    """
    end = perf_counter() + _PATIENCE
    while not true((await _figures(address)).get("pullquote_questions_running", 0)):
        if perf_counter() > end:
            raise RuntimeError("The server's figures never said what was waited for.")
        await asyncio.sleep(_LOOK)


async def _figures(address: str) -> dict[str, float]:
    """What `/metrics` says: name with labels, as it stands there, to value."""
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        text = (await client.get(f"{address}/metrics", timeout=60)).raise_for_status().text
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def _counted(figures: Mapping[str, float], door: Door) -> Counter[str]:
    """Questions of a door by what became of them."""
    told = Counter[str]()
    for name, value in figures.items():
        of = re.fullmatch(r'pullquote_answers_total\{door="(\w+)",outcome="(\w+)"\}', name)
        if of and of[1] == DOORS[door]:
            told[of[2]] += round(value)
    return told
