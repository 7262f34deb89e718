"""A server in a process of its own, which can be looked at, killed and started again."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from bench.processes import answers
from rag.settings import Settings
from ui.commands.serving import serve_page
from ui.ports import page_address

_PATIENCE = 300.0  # seconds until a server counts as one that never comes
_LOOK = 0.02  # seconds between two looks


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers questions."""

    address: str
    process: BaseProcess
    log: Path
    """What it says, as lines of JSON."""
    seconds: float
    """From its start until it was ready for questions."""

    def memory_mb(self) -> float:
        """What it has resident now; Linux alone tells."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        (line,) = (one for one in status.splitlines() if one.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024 / 1e6

    def errors(self) -> int:
        """Lines of its log that tell of one."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{")]
        return sum(one["level"] == "error" for one in told)


@contextmanager
def served(
    settings: Settings,
    log: Path,
    *,
    pages: Mapping[str, str] | None = None,
    examples: Sequence[str] = (),
) -> Iterator[Served]:
    """The server of an index, ready for questions; killed where it has not ended before.

    Args:
        settings: As `pullquote serve` takes them.
        log: Gets what it says; written behind what stands there.
        pages: As `serve_page` takes them.
        examples: As `serve_page` takes them.
    """
    fresh = multiprocessing.get_context("spawn")
    process = fresh.Process(target=_serve, args=(settings, log, pages, examples), daemon=True)
    started = time.perf_counter()
    process.start()
    try:
        address = page_address(settings.host, settings.port)
        while not answers(f"{address}/readyz"):
            if not process.is_alive() or time.perf_counter() - started > _PATIENCE:
                raise RuntimeError(f"The server did not come: {log.read_text(encoding='utf-8')}")
            time.sleep(_LOOK)
        yield Served(address, process, log, time.perf_counter() - started)
    finally:
        process.kill()
        process.join()


class Succession:
    """One server after another, at the same address."""

    def __init__(self, settings: Settings, log: Path, servers: ExitStack) -> None:
        """The first of them; arguments as those of `served`, and who ends all that are left."""
        self._settings = settings
        self._log = log
        self._servers = servers
        self.now = self._next()

    def kill(self) -> None:
        """End the present one without a word."""
        self.now.process.kill()

    def terminate(self) -> None:
        """Tell the present one to end."""
        self.now.process.terminate()

    async def another(self) -> float:
        """Start one once the present one has ended; the seconds until it was ready."""
        await asyncio.to_thread(self.now.process.join)
        self.now = await asyncio.to_thread(self._next)
        return self.now.seconds

    def _next(self) -> Served:
        return self._servers.enter_context(served(self._settings, self._log))


def _serve(
    settings: Settings, log: Path, pages: Mapping[str, str] | None, examples: Sequence[str]
) -> None:
    with log.open("ab") as stream:
        for standard in (1, 2):
            os.dup2(stream.fileno(), standard)
    serve_page(settings, pages=pages, examples=examples)
