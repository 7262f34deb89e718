"""Two servers and a syncing process on one PostgreSQL and one Chroma; one server is killed."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from chroma_servers import chroma_program, chroma_server
from kills import run_sync, settings_of, write_sources
from postgres_servers import missing_postgres, postgres_server

from bench.served import Served, served
from rag.place import ChromaServer, Database, Place
from rag.settings import Settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(missing_postgres()), reason=missing_postgres()),
    pytest.mark.skipif(chroma_program() is None, reason="there is no `chroma` command"),
]

_POSTS = 40


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("nodes")
    with postgres_server() as postgres, chroma_server(folder / "data") as chroma:
        yield Place(folder / "index", ChromaServer(chroma.url), Database(postgres.url(), "nodes"))


def node(where: Place, folder: Path) -> Settings:
    """The settings of a server on a port of its own, with a folder of its own."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return settings_of(where).model_copy(
        update={"index": folder, "port": port, "cached_answers": 0, "questions_a_minute": 0}
    )


def ask(address: str, number: int) -> dict[str, Any]:
    question = f"What did bed{number} hold in row3, plant{number * 3}?"
    request = urllib.request.Request(
        f"{address}/api/ask",
        json.dumps({"question": question}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        said: dict[str, Any] = json.load(answer)
    return said


@contextmanager
def asking(address: str) -> Iterator[list[dict[str, Any] | Exception]]:
    """Questions one after another as long as it is inside, and what came of each."""
    came: list[dict[str, Any] | Exception] = []
    stop = threading.Event()

    def on_and_on() -> None:
        while not stop.is_set():
            try:
                came.append(ask(address, len(came) % _POSTS + 1))
            except (OSError, urllib.error.URLError) as error:
                came.append(error)
                stop.wait(0.2)

    thread = threading.Thread(target=on_and_on)
    thread.start()
    try:
        yield came
    finally:
        stop.set()
        thread.join(120)


def kinds(answer: dict[str, Any]) -> dict[str, set[str]]:
    """Of each post that was found: which of its texts its passages are of."""
    found: dict[str, set[str]] = {}
    for hit in answer["hits"]:
        found.setdefault(hit["post_id"], set()).update(
            {"Old", "New", "Added"} & set(hit["text"].split())
        )
    return found


def start(servers: ExitStack, settings: Settings, log: Path) -> Served:
    return servers.enter_context(served(settings, log))


def test_readers_of_one_server_notice_nothing_when_another_is_killed(
    tmp_path: Path, where: Place
) -> None:
    first, second = write_sources(tmp_path, _POSTS, 12, hide=False)
    run_sync(first, where)
    settings = [node(where, tmp_path / f"node{number}") for number in (1, 2)]
    with ExitStack() as servers:
        left, killed = (start(servers, one, tmp_path / f"{one.port}.log") for one in settings)
        with asking(left.address) as stayed, asking(killed.address) as went:
            sync = threading.Thread(target=run_sync, args=(second, where))
            sync.start()
            while len(went) < 3:
                sync.join(0.05)
            killed.process.kill()
            sync.join(300)
            assert not sync.is_alive()
            before = len(stayed)
            while len(stayed) < before + _POSTS:
                sync.join(0.05)
                threading.Event().wait(0.05)
        again = start(servers, settings[1], tmp_path / f"{settings[1].port}.log")
        # Whoever asked the server that stayed was answered each time, from whole posts.
        assert not [one for one in stayed if isinstance(one, Exception)]
        for answer in (one for one in [*stayed, *went] if isinstance(one, dict)):
            assert all(len(own) == 1 for own in kinds(answer).values()), kinds(answer)
        assert any(isinstance(one, Exception) for one in went)
        # Both have what the sync brought, and say the same of it.
        for number in (1, 2, 8, _POSTS + 1):
            ours, theirs = ask(left.address, number), ask(again.address, number)
            assert ours["hits"] == theirs["hits"]
            assert ours["sentences"] == theirs["sentences"]
            assert f"garden.example/{number}" in {hit["post_id"] for hit in ours["hits"]}
            assert kinds(ours)[f"garden.example/{number}"] <= {"New", "Added"}
        assert left.errors() == 0
