"""Syncs that are asked for from outside, and the door where that is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from door_server import no_new_files, open_doors, until
from fake_assistant import PASSWORD
from test_live_site import Kept
from test_sync import BEDS, entry
from wordpress_server import FakeSite, serving

from rag.assistant import Assistant
from rag.catalog.writer_lock import locked
from rag.embedding.embedder import HashEmbedder
from ui.doors.access import AccessFile
from ui.pings import Pings
from ui.syncing import Syncing

WAIT = 0.2
SECONDS = 90  # a process starts, on a machine that may be busy
NOWHERE: dict[str, Any] = {"sync_sources": ["nowhere.json"]}  # a sync that breaks off soon


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with serving(FakeSite()) as site:
        site.add(1)
        kept = Kept(site, tmp_path)
        kept.sync()
        yield kept


class Counted(Syncing):
    """Counts the syncs that began."""

    begun = 0

    def start(self, *, full: bool = False) -> None:
        super().start(full=full)
        self.begun += 1


class Server:
    """A server that was told what to sync."""

    def __init__(self, address: str, pings: Pings, syncing: Counted, key: str) -> None:
        self.address = address
        self.pings = pings
        self.syncing = syncing
        self.key = key

    @property
    def begun(self) -> int:
        return self.syncing.begun

    def post(self) -> Any:
        said = httpx.post(f"{self.address}/api/sync", headers=self._headers)
        assert said.status_code == 202
        return said.json()

    def status(self) -> Any:
        return httpx.get(f"{self.address}/api/sync", headers=self._headers).json()

    @property
    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}

    def settle(self, begun: int) -> Any:
        """The status once so many syncs have ended and none is to follow."""
        until(lambda: self.begun >= begun and self.status()["status"] == "idle", SECONDS)
        assert self.begun == begun
        return self.status()


@contextmanager
def server(kept: Kept, *, wait: float = WAIT, **more: Any) -> Iterator[Server]:
    given: dict[str, Any] = {"sync_sources": [kept.site.base], "min_answerable": 0.0, **more}
    settings = kept.settings(**given)
    with Assistant(settings, embedder=HashEmbedder()) as assistant:
        syncing = Counted(settings, assistant.index.catalog)
        key = AccessFile(settings.index).add_key("wordpress")
        with open_doors(assistant, syncing=syncing, wait=wait) as (address, doors):
            assert doors.pings
            yield Server(address, doors.pings, syncing, key)


# ---------------------------------------------------------------- one sync for many


def test_one_sync_follows_many_requests_and_readers_see_what_it_brought(kept: Kept) -> None:
    with server(kept, wait=1.0) as asked:
        before = asked.status()
        assert (before["status"], before["began"], before["problem"]) == ("idle", None, "")
        kept.site.add(2)
        assert [asked.post()["status"] for _ in range(5)] == ["waiting"] * 5
        state = asked.settle(1)
        assert (state["problem"], state["began"] < state["ended"]) == ("", True)
        post = kept.site.base.partition("://")[2] + "/2"
        assert httpx.get(f"{asked.address}/api/posts/{post}").status_code == 200
        kept.site.posts.pop(2)
        asked.post()
        asked.settle(2)
        assert httpx.get(f"{asked.address}/api/posts/{post}").status_code == 404


def test_who_asks_while_one_runs_gets_another_one(kept: Kept) -> None:
    with server(kept, **NOWHERE) as asked:
        asked.post()
        until(lambda: asked.status()["status"] == "running", SECONDS)
        said = asked.post()
        assert (said["status"], said["again"], said["ended"]) == ("running", True, None)
        assert asked.begun == 1
        asked.settle(2)


def test_a_sync_waits_for_another_writer(kept: Kept) -> None:
    with server(kept) as asked:
        with locked(kept.index):
            asked.post()
            until(lambda: asked.status()["problem"] != "", SECONDS)
            assert "Another process is writing" in asked.status()["problem"]
            until(lambda: asked.pings.is_waiting, SECONDS)
        until(lambda: asked.status()["problem"] == "", SECONDS)
        until(lambda: asked.status()["status"] == "idle", SECONDS)
        assert asked.status()["problem"] == ""


def test_a_sync_that_somebody_else_began_counts_for_nobody(kept: Kept) -> None:
    with server(kept, **NOWHERE) as asked:
        asked.syncing.start()
        asked.post()
        asked.settle(2)


def test_a_failure_is_told_and_the_next_request_begins_anew(kept: Kept) -> None:
    source = kept.index.parent / "posts.json"
    with server(kept, sync_sources=[str(source)]) as asked:
        asked.post()
        state = asked.settle(1)
        assert "posts.json" in state["problem"]
        assert state["hint"]
        source.write_text(json.dumps([entry(7, BEDS)]), encoding="utf-8")
        asked.post()
        assert asked.settle(2)["problem"] == ""


def test_a_sync_that_could_not_be_started_stops_no_later_one(kept: Kept) -> None:
    settings = kept.settings(sync_sources=[kept.site.base])
    with Assistant(settings, embedder=HashEmbedder()) as assistant:
        syncing = Counted(settings, assistant.index.catalog)
        pings = Pings(syncing, wait=0.05)
        with no_new_files():
            pings.ping()
            until(lambda: "could be started" in syncing.state.problem, SECONDS)
        pings.ping()
        until(lambda: syncing.begun == 1 and not syncing.state.running, SECONDS)
        assert syncing.state.problem == ""
        pings.close()


def test_a_server_that_ends_begins_no_more(kept: Kept) -> None:
    with server(kept, wait=30) as asked:
        asked.post()
    assert asked.begun == 0


def test_a_server_that_ends_ends_the_one_that_runs(kept: Kept) -> None:
    with server(kept) as asked:
        asked.post()
        until(lambda: asked.syncing.state.running, SECONDS)
    assert not asked.syncing.state.running


# ---------------------------------------------------------------- who may ask


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_key_is_needed_whoever_else_may_come_in(kept: Kept, method: str) -> None:
    with server(kept) as asked:
        for authorization in ("", "Bearer pq_wrong", f"Basic {asked.key}x", asked.key):
            headers = {"authorization": authorization} if authorization else {}
            said = httpx.request(method, f"{asked.address}/api/sync", headers=headers)
            assert (said.status_code, set(said.json())) == (401, {"problem", "hint"})
            assert "pullquote key" in said.json()["hint"]
        assert not asked.pings.is_waiting
        assert asked.begun == 0


def test_neither_the_password_nor_a_log_in_is_a_key(kept: Kept) -> None:
    with (
        server(kept, password=PASSWORD) as asked,
        httpx.Client(base_url=asked.address) as browser,
    ):
        assert browser.post("/api/sync").status_code == 401
        browser.post("/login", data={"password": PASSWORD})
        assert browser.get("/").status_code == 200
        assert browser.post("/api/sync").status_code == 401
        headers = {"authorization": f"Bearer {PASSWORD}"}
        assert httpx.post(f"{asked.address}/api/sync", headers=headers).status_code == 401
        assert asked.post()["status"] == "waiting"
        AccessFile(kept.index).revoke("wordpress")
        assert httpx.post(f"{asked.address}/api/sync", headers=headers).status_code == 401


def test_a_server_that_was_not_told_what_to_sync_says_so(kept: Kept) -> None:
    with (
        Assistant(kept.settings(), embedder=HashEmbedder()) as assistant,
        open_doors(assistant) as (address, _),
    ):
        for method in ("GET", "POST"):
            said = httpx.request(method, f"{address}/api/sync")
            assert said.status_code == 404
            assert said.json()["problem"] == "This server was not told what to sync."
            assert "--sync" in said.json()["hint"]
