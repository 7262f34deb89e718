"""One event loop for all chat models, in a thread of its own.

A request can be called off only where it is awaited, and providers' clients keep connections that
belong to the loop they were opened in; so all of them share one that never ends.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_AGAIN = 0.05  # seconds between one cancellation and the next


def run_in_loop(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Start it in the loop; cancelling the future cancels the work."""
    return asyncio.run_coroutine_threadsafe(_until_done(work), _loop())


async def _until_done(work: Coroutine[Any, Any, T]) -> T:
    """The work, cancelled as often as it takes.

    Clients wait for the next piece with `asyncio.wait_for`, which in Python 3.11 keeps a
    cancellation to itself where the piece comes at the same moment
    (https://github.com/python/cpython/issues/86296).
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=_AGAIN)


def _loop() -> asyncio.AbstractEventLoop:
    with _starting:
        if not _loops:
            loop = asyncio.new_event_loop()
            loop.set_default_executor(_Daemons())
            threading.Thread(target=loop.run_forever, daemon=True, name="pullquote-chat").start()
            _loops.append(loop)
        return _loops[0]


_starting = threading.Lock()
_loops: list[asyncio.AbstractEventLoop] = []  # one, once a chat model was asked


class _Daemons(ThreadPoolExecutor):
    """A thread for each call: models that cannot be awaited, and look-ups of names.

    A call that is silent cannot be interrupted. It is left behind, and must neither take the place
    of another one nor hold up the end of the program, as the threads of a pool would.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # raised again where it is awaited
                future.set_exception(error)

        threading.Thread(target=work, daemon=True, name="pullquote-chat-call").start()
        return future
