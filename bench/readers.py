"""Readers without a browser: they ask as the page's script or a program does, and hear the same."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Literal, Protocol
from uuid import uuid4

import httpx
from gradio_client.utils import apply_diff

Door = Literal["page", "api"]
_EVENT = "/gradio_api/queue"


@dataclass(frozen=True, slots=True)
class Growing:
    """What has come for a question so far."""

    name: str
    """That the question was given, as it came back; empty where this door does not say."""
    answer: dict[str, Any] | None
    """As the door gives it; None before its first sentence."""
    over: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What a reader heard of one question."""

    question: str
    answer: dict[str, Any] | None
    """The last one; None where none came."""
    whole: bool
    """Whether it came to its end."""
    mixed: bool
    """Whether anything in the stream belonged to another question."""
    first: float | None
    """Seconds to the first sentence, or to the refusal; None where neither came."""
    broke: str = ""
    """What cut the stream off, by its name; empty where nothing did."""


class Reader(Protocol):
    """One reader with a place of his own."""

    client: httpx.AsyncClient

    def growing(self, question: str, name: str) -> AsyncGenerator[Growing, None]:
        """The answer as it comes; closed early, the reader has left."""
        ...


@dataclass(slots=True)
class PageReader:
    """A tab of the chat page: Gradio's queue, as its script speaks it."""

    client: httpx.AsyncClient
    tab: str = field(default_factory=lambda: uuid4().hex[:11])
    event: tuple[int, int] | None = None
    """Which of the page's events asks, and what sets it off; None until the page is loaded."""

    async def growing(self, question: str, name: str) -> AsyncGenerator[Growing, None]:
        sent = {"id": name, "question": question}
        self.event = self.event or await _asking(self.client)
        number, trigger = self.event
        body = {"data": [], "event_data": sent, "fn_index": number, "trigger_id": trigger}
        joined = await self.client.post(f"{_EVENT}/join", json={**body, "session_hash": self.tab})
        joined.raise_for_status()
        told: Any = None
        stream = self.client.stream("GET", f"{_EVENT}/data", params={"session_hash": self.tab})
        async with stream as response:
            response.raise_for_status()
            async for message in _messages(response):
                if message["msg"] not in ("process_generating", "process_completed"):
                    continue
                over = message["msg"] == "process_completed"
                if not message["success"]:
                    raise RuntimeError(f"The page failed: {message['output']}")
                (data,) = message["output"]["data"]
                # Whole at first and at the end, between them what has changed.
                told = data if told is None or over else apply_diff(told, data)
                reply = told["reply"]
                if reply["failure"]:
                    raise RuntimeError(f"The page failed: {reply['failure']['problem']}")
                yield Growing(reply["id"], reply["answer"], over)
                if over:
                    return


@dataclass(slots=True)
class ApiReader:
    """A program at `/api/ask`, with a stream."""

    client: httpx.AsyncClient

    async def growing(self, question: str, name: str) -> AsyncGenerator[Growing, None]:
        body = {"question": question, "stream": True, "id": name}
        sentences: list[Any] = []
        async with self.client.stream("POST", "/api/ask", json=body) as response:
            response.raise_for_status()
            event = ""
            async for line in response.aiter_lines():
                kind, _, rest = line.partition(": ")
                if kind == "event":
                    event = rest
                elif kind == "data" and event == "sentence":
                    sentences.append(json.loads(rest))
                    answer = {"answered": True, "question": question, "sentences": sentences}
                    yield Growing("", answer, False)
                elif kind == "data" and event == "answer":
                    answer = json.loads(rest)
                    answer.pop("timing_ms")  # which differs each time
                    yield Growing(answer.pop("id"), answer, True)
                    return
                elif kind == "data":
                    raise RuntimeError(f"The API failed: {rest}")


@asynccontextmanager
async def reading(address: str, door: Door, number: int) -> AsyncIterator[Reader]:
    """A reader with connections and, as a proxy tells it, an address of his own.

    Args:
        address: Of the server.
        door: Where he asks.
        number: Whose address he has, below 65,536.
    """
    own = f"10.1.{number // 256}.{number % 256}"
    async with httpx.AsyncClient(
        base_url=address, headers={"x-forwarded-for": own}, trust_env=False, verify=False,
        timeout=httpx.Timeout(300), limits=httpx.Limits(max_connections=None),
    ) as client:  # fmt: skip
        if door == "api":
            yield ApiReader(client)
            return
        reader = PageReader(client)
        # Open before anything is asked, as in a browser: its end says that the tab is gone.
        async with client.stream("GET", f"/gradio_api/heartbeat/{reader.tab}"):
            yield reader


async def hear(reader: Reader, question: str, *, leave_early: bool = False) -> Heard:
    """Ask one question and listen.

    Args:
        reader: Who asks.
        question: What.
        leave_early: Close the stream as soon as anything has come.
    """
    name, started = uuid4().hex, perf_counter()
    last, first, mixed, broke = None, None, False, ""
    try:
        async with aclosing(reader.growing(question, name)) as stream:
            async for last in stream:
                mixed |= last.name not in ("", name)
                mixed |= last.answer is not None and last.answer["question"] != question
                said = last.answer is not None and last.answer["answered"]
                if first is None and (said or last.over):
                    first = perf_counter() - started
                if leave_early:
                    break
    except (httpx.HTTPError, RuntimeError) as error:
        status = getattr(getattr(error, "response", None), "status_code", "")
        broke = f"{type(error).__name__} {status}".strip()
    return Heard(
        question, last.answer if last else None, bool(last and last.over), mixed, first, broke
    )


async def _asking(client: httpx.AsyncClient) -> tuple[int, int]:
    config = (await client.get("/config")).raise_for_status().json()
    for one in config["dependencies"]:
        for trigger, event in one["targets"]:
            if event == "submit":
                return one["id"], trigger
    raise RuntimeError("The page has no event that asks.")


async def _messages(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in response.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))
