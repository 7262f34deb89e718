"""Syncs that a server runs, and what is kept of the last one."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from door_server import no_new_files, until
from test_live_site import BUSY, Kept, always
from test_sync import BEDS, entry
from wordpress_server import FakeSite, serving

from ingest.last_sync import FILE, last_sync
from ingest.live.site_state import known_sites
from ingest.sync import Options, sync
from rag.catalog.catalog import Catalog
from rag.errors import ConfigError, IndexBusy, SourceError
from rag.settings import Settings, load_settings
from ui.aside import Aside, Ended, ProcessUnavailable, Tell, _run
from ui.syncing import Syncing


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with serving(FakeSite()) as site:
        for number in range(1, 6):
            site.add(number)
        yield Kept(site, tmp_path)


@contextmanager
def syncing(settings: Settings) -> Iterator[Syncing]:
    with closing(Catalog(settings.place)) as catalog:
        yield Syncing(settings, catalog)


# ---------------------------------------------------------------- what is kept of the last one


def test_what_a_sync_did_is_kept_without_the_posts_names(tmp_path: Path) -> None:
    source = tmp_path / "posts.json"
    private = entry(3, BEDS, status="private")
    source.write_text(json.dumps([entry(1, BEDS), entry(2, ""), private]), encoding="utf-8")
    settings = load_settings(index=tmp_path / "index", embedding_model="hash")
    sync([str(source)], settings)
    done = last_sync(settings.index).done
    assert done
    assert done.sources == (str(source),)
    assert (done.added, done.empty, sum(done.skipped.values())) == (2, 1, 1)
    assert (done.text_posts, done.words, done.lost) == (2, 11, 0)
    assert done.began <= done.ended
    text = (settings.index / FILE).read_text(encoding="utf-8")
    assert "garden.example" not in text
    assert "Post 1" not in text
    sync([str(source)], settings, options=Options(dry_run=True, prune=True))
    assert last_sync(settings.index).done == done


def test_a_failure_is_kept_beside_what_went_well(kept: Kept) -> None:
    kept.sync()
    well = last_sync(kept.index)
    assert well.failed is None
    kept.fail(always(BUSY))
    with pytest.raises(SourceError) as caught:
        kept.sync()
    after = last_sync(kept.index)
    assert after.done == well.done
    assert after.failed
    assert after.failed.problem == caught.value.problem
    kept.fail()
    kept.sync()
    assert last_sync(kept.index).failed is None


def test_what_cannot_be_read_counts_as_nothing(tmp_path: Path) -> None:
    assert last_sync(tmp_path).done is None
    (tmp_path / FILE).write_text('{"done": {"added": "many"', encoding="utf-8")
    assert last_sync(tmp_path).done is None


def test_a_sync_that_cannot_begin_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        sync(["nowhere.json"], load_settings(index=tmp_path / "index", embedding_model="hash"))
    assert not (tmp_path / "index").exists()


# ---------------------------------------------------------------- one of a server


def test_a_server_knows_the_site_that_its_index_was_read_from(kept: Kept) -> None:
    kept.sync()
    kept.site.add(6)
    with syncing(kept.settings()) as server:
        assert server.sources == (kept.site.base,)
        server.start()
        server.wait()
        state = server.state
        assert (state.problem, state.running) == ("", False)
        assert state.began
        assert state.ended
        assert state.began < state.ended
        assert (state.posts, state.embedded) == (1, 1)
    done = last_sync(kept.index).done
    assert done
    assert done.added == 1
    assert set(kept.texts()) == {str(number) for number in range(1, 7)}


def test_it_reads_what_the_settings_name_instead(kept: Kept, tmp_path: Path) -> None:
    kept.sync()
    source = tmp_path / "more.json"
    source.write_text(json.dumps([entry(9, BEDS)]), encoding="utf-8")
    with syncing(kept.settings(sync_sources=[str(source)])) as server:
        server.start()
        server.wait()
        assert server.state.problem == ""
    assert len(kept.texts()) == 6


def test_without_a_source_there_is_nothing_to_do(tmp_path: Path) -> None:
    source = tmp_path / "posts.json"
    source.write_text(json.dumps([entry(1, BEDS)]), encoding="utf-8")
    settings = load_settings(index=tmp_path / "index", embedding_model="hash")
    sync([str(source)], settings)
    with syncing(settings) as server:
        assert server.sources == ()
        with pytest.raises(ConfigError, match="does not know what to sync with"):
            server.start()


def test_one_sync_at_a_time_and_a_failure_is_told(kept: Kept) -> None:
    kept.sync()
    kept.fail(always(BUSY))
    with syncing(kept.settings(fetch_tries=1)) as server:
        server.start()
        with pytest.raises(IndexBusy, match="running already"):
            server.start()
        server.wait()
        assert kept.site.base.partition("://")[2] in server.state.problem
        assert server.state.hint
        kept.fail()
        server.start(full=True)
        server.wait()
        assert server.state.problem == ""
    done = last_sync(kept.index).done
    assert done
    assert done.unchanged == 5
    assert kept.site.asked[-1].is_fetch


def test_a_server_that_ends_ends_its_sync(kept: Kept) -> None:
    kept.sync()
    with syncing(kept.settings()) as server:
        server.start()
        server.close()
        assert not server.state.running
        assert "before its time" in server.state.problem
        server.close()


def test_sources_are_typed_with_spaces_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_SYNC_SOURCES", "https://a.example  https://b.example/blog")
    assert load_settings().sync_sources == ("https://a.example", "https://b.example/blog")


def test_a_site_that_was_never_reached_is_not_known(tmp_path: Path) -> None:
    settings = load_settings(index=tmp_path / "index", embedding_model="hash")
    source = tmp_path / "posts.json"
    source.write_text(json.dumps([entry(1, BEDS)]), encoding="utf-8")
    sync([str(source)], settings)
    with closing(Catalog(settings.place)) as catalog:
        assert known_sites(catalog) == ()


# ---------------------------------------------------------------- a process of its own


def double(tell: Tell, number: int) -> int:
    tell(os.getpid())
    if number < 0:
        raise ConfigError("The number is negative.", hint="Take another one.")
    if number == 0:
        raise ZeroDivisionError("a secret")
    if number > 100:
        os._exit(1)
    return 2 * number


@pytest.mark.parametrize(
    ("number", "end"),
    [
        (21, Ended(42)),
        (-1, Ended(problem="The number is negative.", hint="Take another one.")),
        (0, Ended(problem="Something went wrong.", hint="The server's log says what.")),
    ],
)
def test_work_tells_and_ends(number: int, end: Ended) -> None:
    told: list[object] = []
    ended: list[Ended] = []
    Aside(double, number, told=told.append, ended=ended.append).wait()
    assert ended == [end]
    assert len(told) == 1
    assert told[0] != os.getpid()


def test_a_process_that_cannot_be_started_is_told() -> None:
    ended: list[Ended] = []
    with no_new_files(), pytest.raises(ProcessUnavailable, match="could be started"):
        Aside(double, 1, told=lambda _: None, ended=ended.append)
    assert ended == []


def test_a_process_that_nobody_could_listen_to_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr("threading.Thread.start", full)
        with pytest.raises(ProcessUnavailable, match="can't start new thread"):
            Aside(double, 1, told=lambda _: None, ended=lambda _: None)
    until(lambda: multiprocessing.active_children() == [])


def test_a_machine_that_knows_no_niceness_works_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.nice")
    hears, speaks = multiprocessing.Pipe(duplex=False)
    before = signal.getsignal(signal.SIGINT)
    try:
        _run(speaks, double, (21,))
    finally:
        signal.signal(signal.SIGINT, before)
    assert (hears.recv(), hears.recv()) == (os.getpid(), Ended(42))


def test_a_sync_that_could_not_be_started_does_not_count_as_running(
    kept: Kept, tmp_path: Path
) -> None:
    kept.sync()
    with syncing(kept.settings(sync_sources=[kept.site.base])) as server:
        with no_new_files(), pytest.raises(ProcessUnavailable):
            server.start()
        assert not server.state.running
        assert "could be started" in server.state.problem
        server.start()
        server.wait()
        assert server.state.problem == ""


def test_a_process_that_is_killed_is_told_as_such() -> None:
    ended: list[Ended] = []
    Aside(double, 101, told=lambda _: None, ended=ended.append).wait()
    assert "before its time" in ended[0].problem
