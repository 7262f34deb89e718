"""Processes of their own: what is measured in one owes nothing to what ran before it."""

from __future__ import annotations

import multiprocessing
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import ParamSpec, TypeVar
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

P = ParamSpec("P")
T = TypeVar("T")

PULLQUOTE = str(Path(sys.executable).with_name("pullquote"))
"""The command, as it was installed beside this Python."""

_PATIENCE = 300.0  # seconds until a page counts as one that never comes
_PAUSE = 0.02  # seconds between two looks: how far off a start may be measured


def in_own_process(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function of a module returns when a fresh Python runs it; its errors are raised."""
    # Not forked: a fork would begin with this process's modules and count its memory as its own.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(function, *args, **kwargs).result()


def timed(*command: str) -> tuple[float, str]:
    """Wall seconds of a command from its start to its end, and its standard output.

    Raises:
        RuntimeError: It failed.
    """
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return seconds, done.stdout


def processor_seconds(*command: str) -> float:
    """Processor seconds of a command and all that it started.

    Raises:
        RuntimeError: It failed.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    timed(*command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def seconds_until_page(address: str, *command: str) -> float:
    """Wall seconds from a server's start until the address answers with 200; then it is stopped.

    Raises:
        RuntimeError: It ended before, or no page came in five minutes.
    """
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            while not answers(address):
                if server.poll() is not None:
                    raise RuntimeError(f"{' '.join(command)} ended with {server.returncode}")
                if time.perf_counter() - started > _PATIENCE:
                    raise RuntimeError(f"{address} did not answer in {_PATIENCE:.0f} seconds")
                time.sleep(_PAUSE)
            return time.perf_counter() - started
        finally:
            server.terminate()


def answers(address: str) -> bool:
    """Whether a page on this machine answers with 200."""
    # Without the proxy that the environment may name: it would not reach this machine's loopback.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(address, timeout=_PATIENCE) as response:
            return bool(response.status == 200)
    except (URLError, HTTPException, OSError):
        return False
