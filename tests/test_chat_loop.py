"""Work in the loop of the chat models ends when it is called off."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

import pytest

from rag.chat.loop import run_in_loop


def test_work_that_lets_one_cancellation_pass_ends_all_the_same() -> None:
    begun, ended = threading.Event(), threading.Event()

    async def work() -> None:
        try:
            with suppress(asyncio.CancelledError):
                begun.set()
                await asyncio.Event().wait()
            await asyncio.Event().wait()
        finally:
            ended.set()

    future = run_in_loop(work())
    assert begun.wait(60)
    future.cancel()
    assert ended.wait(60)


def test_what_work_returns_and_what_it_raises_arrives() -> None:
    async def work(number: int) -> float:
        await asyncio.sleep(0)
        return 1 / number

    assert run_in_loop(work(2)).result(60) == 0.5
    with pytest.raises(ZeroDivisionError):
        run_in_loop(work(0)).result(60)
