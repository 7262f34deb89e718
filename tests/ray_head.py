"""A real Ray for tests: one machine's, with two cores, in processes of its own."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from small_site import same_path

from ui.ports import free_port

# Whoever is to work with this Ray knows the token; that of the user is left alone.
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
_TRIES = 4  # Ray gives its parts half a minute to start, which a busy machine may need


class RayHead:
    """A Ray, and the processes that it has started."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process = process
        self.address = address

    def embedding(self) -> list[int]:
        """Process ids of the workers that embed at this moment."""
        parents: dict[int, int] = {}
        named: list[int] = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                # How a worker calls itself while it is at work.
                line = (folder / "cmdline").read_text()
                status = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # gone meanwhile
                continue
            parents[int(folder.name)] = int(status[1])
            if line.startswith("ray::MapWorker(") and ".submit" in line:
                named.append(int(folder.name))
        return [one for one in named if self.process.pid in _ancestors(one, parents)]


def _ancestors(process: int, parents: dict[int, int]) -> Iterator[int]:
    while process := parents.get(process, 0):
        yield process


@contextmanager
def ray_head() -> Iterator[RayHead]:
    """On loopback, with two cores, and with nobody told of it."""
    for _ in range(_TRIES):
        port = free_port("127.0.0.1", 26379)
        start = [
            str(Path(sys.executable).with_name("ray")), "start", "--head", "--block",
            "--num-cpus=2", "--node-ip-address=127.0.0.1", f"--port={port}",
            f"--ray-client-server-port={free_port('127.0.0.1', port + 1)}",
            "--include-dashboard=false", "--disable-usage-stats",
        ]  # fmt: skip
        with subprocess.Popen(
            start,
            env={**same_path(), **TOKEN},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            try:
                if any("runtime started" in line for line in process.stdout):
                    os.set_blocking(process.stdout.fileno(), False)
                    yield RayHead(process, f"127.0.0.1:{port}")
                    return
            finally:
                process.terminate()
    pytest.fail("ray does not start")
