"""Signs of life in a stream that has nothing to say for a while.

Proxies and clients take a long silence for the end, and a chat model may think for a minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from rag.types import Answer

SECONDS = 15.0
"""Of silence. nginx, as it is shipped, waits for sixty."""
COMMENT = ": still at work\n\n"
"""A line of server-sent events that every client passes over."""


async def with_pulse(answers: AsyncGenerator[Answer, None]) -> AsyncGenerator[Answer | None, None]:
    """The same answers, and None after each silence; closed or cancelled, it closes them."""
    waiting: asyncio.Future[Answer] | None = None
    async with aclosing(answers):
        try:
            while True:
                waiting = waiting or asyncio.ensure_future(anext(answers))
                done, _ = await asyncio.wait({waiting}, timeout=SECONDS)
                if not done:
                    yield None
                    continue
                came, waiting = waiting, None
                try:
                    answer = came.result()
                except StopAsyncIteration:
                    return
                yield answer
        finally:
            if waiting:
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)


async def beginning_with(
    first: Answer | None, answers: AsyncGenerator[Answer | None, None]
) -> AsyncGenerator[Answer | None, None]:
    """One that was taken already, and then the others."""
    async with aclosing(answers):
        yield first
        async for answer in answers:
            yield answer
