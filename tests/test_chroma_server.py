"""The search index in a real Chroma server: the same index, whoever is killed or away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from chroma_servers import Door, chroma_program, chroma_server
from door_server import until
from index_state import state
from small_site import GARDEN, garden, post, put, same_path, section
from test_reembed import NarrowEmbedder
from typer.testing import CliRunner

from ingest.reembed import reembed
from rag.assistant import Assistant
from rag.catalog import read as catalog_read
from rag.catalog.catalog import Catalog
from rag.catalog.write import outbox_size, remove_posts
from rag.embedding.embedder import HashEmbedder
from rag.errors import ConfigError, IndexDamaged, IndexMismatch, IndexUnavailable
from rag.index import chroma_server as connection
from rag.index.backup import backup, restore
from rag.index.forget import forget
from rag.index.health import check, repair
from rag.index.index import Index, write_index
from rag.index.search_home import another_name, leftovers, search_name
from rag.place import ChromaServer, Place
from rag.settings import load_settings
from ui.cli import app

pytestmark = pytest.mark.skipif(chroma_program() is None, reason="there is no `chroma` command")

EMBEDDER = HashEmbedder()
TOKEN = "a-token-of-26-characters.."
QUESTION = EMBEDDER.embed_question("frost and seedlings in March").question


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A server that no test ends."""
    with chroma_server(tmp_path_factory.mktemp("chroma") / "data", TOKEN) as door:
        yield door


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Door]:
    """A server for one test alone."""
    with chroma_server(tmp_path / "server", TOKEN) as door:
        yield door


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_WRITER_WAITS", (0.05, 0.1))
    monkeypatch.setattr(connection, "_READER_WAITS", (0.05,))


def place(folder: Path, door: Door, token: str = TOKEN) -> Place:
    return Place(folder, ChromaServer(door.url, token))


def titles(index: Index, text: str, k: int = 9) -> list[str]:
    found = index.search(EMBEDDER.embed_question(text).question, k)
    passages = catalog_read.passages(index.catalog, list(found))
    return [passages[id_].post.title for id_ in found]


def add_one(where: Place, number: int = 9, text: str = "Lavender draws bees.") -> None:
    with write_index(where, EMBEDDER.id) as writer:
        put(writer, post(number, f"Post {number}", section("0", (), text)), EMBEDDER)
        writer.finish()


def all_well(where: Place) -> None:
    wrong = [finding for finding in check(where) if not finding.ok]
    assert not wrong, wrong


def test_it_holds_and_finds_what_a_folder_does(tmp_path: Path, shared: Door) -> None:
    here, there = garden(tmp_path / "here"), garden(place(tmp_path / "there", shared))
    assert state(here) == state(there)
    assert not list((tmp_path / "there").glob("chroma*"))
    all_well(there)
    with closing(Index(here)) as ours, closing(Index(there)) as theirs:
        for k in (1, 3, 99):
            found = theirs.search(QUESTION, k)
            assert found == pytest.approx(ours.search(QUESTION, k), abs=1e-5)


def test_an_answer_comes_through_the_server(tmp_path: Path, shared: Door) -> None:
    settings = load_settings(
        index=tmp_path / "index", chroma_url=shared.url, chroma_token=TOKEN, exact_search=0,
        embedding_model="hash",
    )  # fmt: skip
    garden(settings.place)
    before = shared.times("query")
    with Assistant(settings) as assistant:
        answer = assistant.ask("How many lettuces did the bed with wool mulch lose?")
    assert answer.hits[0].passage.post.title == "Slugs without pellets"
    assert shared.times("query") > before


def test_a_small_index_is_searched_exactly_and_asks_no_server(tmp_path: Path, shared: Door) -> None:
    where = garden(place(tmp_path / "index", shared))
    before = len(shared.asked)
    with closing(Index(where, exact_up_to=6)) as index:
        assert titles(index, "wool mulch", 1) == ["Slugs without pellets"]
    assert len(shared.asked) == before


@pytest.mark.parametrize(("token", "said"), [("", "asks for a token"), ("w", "refuses the token")])
def test_a_token_that_does_not_fit_is_told(
    tmp_path: Path, shared: Door, token: str, said: str
) -> None:
    where = garden(place(tmp_path / "index", shared))
    with pytest.raises(ConfigError, match=said) as caught:
        add_one(place(where.folder, shared, token))
    assert "PULLQUOTE_CHROMA_TOKEN" in caught.value.hint
    assert TOKEN not in f"{where!r} {load_settings(chroma_url=shared.url, chroma_token=TOKEN)!r}"
    with closing(Index(place(where.folder, shared, token))) as index, pytest.raises(ConfigError):
        index.search(QUESTION, 3)


def test_an_address_of_something_else_is_told(tmp_path: Path, shared: Door) -> None:
    elsewhere = Place(tmp_path / "index", ChromaServer(f"{shared.url}/nothing/here", TOKEN))
    with pytest.raises(ConfigError, match="no Chroma server") as caught:
        garden(elsewhere)
    assert "chroma_url" in caught.value.hint


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://x", "http://user:word@x", "http:///x"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="chroma_url"):
        load_settings(chroma_url=url)


def test_two_indexes_in_one_server_do_not_meet(tmp_path: Path, shared: Door) -> None:
    one, two = garden(place(tmp_path / "1", shared)), garden(place(tmp_path / "2", shared))
    add_one(two)
    with closing(Index(one)) as first, closing(Index(two)) as second:
        assert "Post 9" not in titles(first, "lavender bees")
        assert titles(second, "lavender bees")[0] == "Post 9"
        assert search_name(first.catalog) != search_name(second.catalog)


def test_readers_follow_a_writer_and_keep_no_connection(tmp_path: Path, shared: Door) -> None:
    where = garden(place(tmp_path / "index", shared))
    with closing(Index(where)) as index:
        titles(index, "anything")
        before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0
        for number in range(10, 16):
            add_one(where, number, f"plant{number} grows.")
            assert titles(index, f"plant{number}")[0] == f"Post {number}"
        if before:
            assert len(os.listdir("/proc/self/fd")) <= before + 6


def test_what_the_server_was_told_meanwhile_is_not_found_and_takes_no_place(
    tmp_path: Path, shared: Door
) -> None:
    where = garden(place(tmp_path / "index", shared))
    with closing(Index(where)) as index, index.catalog.reading():
        before = titles(index, "lavender draws bees", 3)
        for number in range(10, 16):
            add_one(where, number)
        assert titles(index, "lavender draws bees", 3) == before
    with closing(Index(where)) as index:
        assert "Post 10" in titles(index, "lavender draws bees", 6)


def test_a_server_that_was_started_again_is_found_again(tmp_path: Path, own: Door) -> None:
    where = garden(place(tmp_path / "index", own))
    with closing(Index(where)) as index:
        assert titles(index, "wool mulch", 1) == ["Slugs without pellets"]
        own.behind.stop()
        own.behind.start()
        assert titles(index, "wool mulch", 1) == ["Slugs without pellets"]
    add_one(where)
    all_well(where)


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_away_is_told_and_nothing_is_lost(tmp_path: Path, own: Door) -> None:
    where = garden(place(tmp_path / "index", own))
    with closing(Index(where)) as index:
        own.behind.stop()
        with pytest.raises(IndexUnavailable, match=r"cannot answer \(HTTP 502\)"):  # the proxy says
            index.search(QUESTION, 3)
        with pytest.raises(IndexUnavailable) as caught:
            add_one(where)
        assert "do the same again" in caught.value.hint
        assert [f.what for f in check(where) if not f.ok] == [caught.value.problem]
        own.behind.start()
        assert len(index.search(QUESTION, 3)) == 3
    add_one(where)
    all_well(where)


@pytest.mark.usefixtures("impatient")
def test_nobody_listening_is_told(tmp_path: Path, own: Door) -> None:
    where = Place(tmp_path / "index", ChromaServer(own.behind.url))
    own.behind.stop()
    with pytest.raises(IndexUnavailable, match="does not answer"):
        garden(where)
    own.behind.start()
    garden(where)
    all_well(where)


@pytest.mark.usefixtures("impatient")
def test_a_server_that_keeps_silent_is_not_waited_for_for_ever(
    tmp_path: Path, own: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = garden(place(tmp_path / "index", own))
    monkeypatch.setattr(connection, "_READER_PATIENCE", 0.2)
    woken = threading.Event()
    with closing(Index(where)) as index:
        own.before = lambda end, _: end != "query" or woken.wait(30)
        with pytest.raises(IndexUnavailable, match="does not answer"):
            index.search(QUESTION, 3)
        woken.set()
        assert len(index.search(QUESTION, 3)) == 3


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("answered", [False, True])
def test_what_fails_once_is_asked_again(tmp_path: Path, own: Door, answered: bool) -> None:
    """Whether the server has done it by then or not."""
    where = place(tmp_path / "index", own)
    if answered:
        own.after = lambda end, times: not (end in ("upsert", "collections") and times == 1)
    else:
        own.before = lambda end, times: not (end in ("upsert", "collections") and times == 1)
    garden(where)
    assert own.times("upsert") == 2
    all_well(where)


@pytest.mark.usefixtures("impatient")
def test_a_server_that_goes_away_in_the_middle_loses_nothing(tmp_path: Path, own: Door) -> None:
    where = garden(place(tmp_path / "index", own))
    with pytest.raises(IndexUnavailable), write_index(where, EMBEDDER.id) as writer:  # noqa: PT012
        remove_posts(writer.catalog, ["garden.example/3"])
        put(writer, post(9, "Bees", section("0", (), "Lavender draws bees.")), EMBEDDER)
        own.behind.stop(kill=True)
        writer.finish()
    with closing(Index(where, exact_up_to=99)) as index:  # the catalog has it all, and answers
        assert titles(index, "lavender bees")[0] == "Bees"
        assert "Compost in winter" not in titles(index, "compost heap snow")
        assert outbox_size(index.catalog) == 2
    own.behind.start()
    with closing(Index(where)) as index:  # what the server was not told of is looked up
        assert titles(index, "lavender bees")[0] == "Bees"
        assert "Compost in winter" not in titles(index, "compost heap snow")
    with write_index(where, EMBEDDER.id) as writer:
        writer.finish()
    all_well(where)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("status", "error"), [(500, "InternalError"), (429, "RateLimitError"), (503, "ChromaError")]
)
def test_a_server_that_cannot_now_is_asked_again_and_not_called_damaged(
    tmp_path: Path, own: Door, status: int, error: str
) -> None:
    """Whatever Chroma's client makes of the server's own words."""
    where = garden(place(tmp_path / "index", own))
    said = b'{"error": "%s", "message": "database or disk is full"}' % error.encode()
    own.instead = lambda end: (status, said) if end in ("upsert", "query") else None
    before = own.times("upsert")
    with pytest.raises(IndexUnavailable) as caught:
        add_one(where)
    assert own.times("upsert") == before + 3
    assert f"(HTTP {status}): database or disk is full." in caught.value.problem
    assert "doctor --repair" in caught.value.hint
    with closing(Index(where)) as index, pytest.raises(IndexUnavailable, match="disk is full"):
        index.search(QUESTION, 3)
    once = {"upsert", "query"}

    def fail_once(end: str) -> tuple[int, bytes] | None:
        if end not in once:
            return None
        once.remove(end)
        return status, said

    own.instead = fail_once
    add_one(where)
    with closing(Index(where)) as index:
        assert titles(index, "lavender bees")[0] == "Post 9"
    assert not once
    all_well(where)


@pytest.mark.usefixtures("impatient")
def test_questions_that_wait_for_the_same_server_share_what_comes_of_it(
    tmp_path: Path, own: Door
) -> None:
    where = garden(place(tmp_path / "index", own))
    silent, told = threading.Event(), list[str]()

    with closing(Index(where)) as index:
        current = index._search_index
        name = search_name(index.catalog)

        def ask() -> None:
            try:
                index.search(QUESTION, 3)
            except IndexUnavailable as error:
                told.append(error.problem)

        before = own.times(name)
        own.before = lambda end, _: end != name or not silent.wait(30)
        asking = [threading.Thread(target=ask) for _ in range(5)]
        for one in asking:
            one.start()
        until(lambda: current._handle is not None and current._handle.readers == len(asking))
        silent.set()
        for one in asking:
            one.join()
        assert len(told) == 5
        assert own.times(name) == before + 2  # one opened it, and tried twice
        own.before = lambda end, _: True
        assert len(index.search(QUESTION, 3)) == 3


def test_a_client_is_made_once_and_asks_for_no_more_than_a_heartbeat(own: Door) -> None:
    held, made = threading.Event(), list[object]()
    own.before = lambda end, _: held.wait(30)
    server = ChromaServer(own.url, TOKEN)
    making = [
        threading.Thread(target=lambda: made.append(connection._client(server, 9.0)))
        for _ in range(5)
    ]
    for one in making:
        one.start()
    until(lambda: own.times("heartbeat") == 1)
    held.set()
    for one in making:
        one.join()
    assert len(made) == 5
    assert len(set(map(id, made))) == 1
    assert own.asked == ["GET /api/v2/heartbeat"]


def test_a_server_killed_in_mid_upsert_is_waited_for(tmp_path: Path, own: Door) -> None:
    where = garden(place(tmp_path / "index", own))
    killed = threading.Event()

    def kill(end: str, times: int) -> bool:
        if end == "upsert" and not killed.is_set():
            killed.set()
            threading.Thread(target=_kill_and_start, args=(own,)).start()
        return True

    own.before = kill
    parts = [section(str(i), (), f"bed{i} held plant{i * i} then.") for i in range(800)]
    with write_index(where, EMBEDDER.id) as writer:
        put(writer, post(9, "Long", *parts), EMBEDDER)
        writer.finish()
    assert killed.is_set()
    all_well(where)


def _kill_and_start(door: Door) -> None:
    door.behind.stop(kill=True)
    door.behind.start()


_ADD_LONG = """
import sys
from pathlib import Path
from rag.embedding.embedder import HashEmbedder
from rag.index.index import write_index
from rag.place import ChromaServer, Place
from small_site import post, put, section
where = Place(Path(sys.argv[1]), ChromaServer(sys.argv[2], sys.argv[3]))
with write_index(where, HashEmbedder().id) as writer:
    for number in (2, 8, 9):
        parts = [section(str(i), (), f"{number}bed{i} held plant{i}.") for i in range(400)]
        put(writer, post(number, f"Long {number}", *parts), HashEmbedder())
        writer.flush()
    writer.finish()
"""


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("which", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_a_writer_killed_in_mid_upsert_loses_nothing(
    tmp_path: Path, shared: Door, which: int, done: bool
) -> None:
    """Before the server has the passages, and when it has them and the writer does not know."""
    where = garden(place(tmp_path / "index", shared))
    held, go_on = threading.Event(), threading.Event()
    earlier = shared.times("upsert")

    def hold(end: str, times: int) -> bool:
        if end == "upsert" and times == earlier + which:
            held.set()
            return not go_on.wait(60)
        return True

    setattr(shared, "after" if done else "before", hold)
    child = subprocess.Popen(
        [sys.executable, "-c", _ADD_LONG, str(where.folder), shared.url, TOKEN], env=same_path()
    )
    assert held.wait(60)
    child.send_signal(signal.SIGKILL)
    child.wait()
    go_on.set()
    shared.before = shared.after = lambda end, times: True
    with closing(Index(where)) as index:
        assert index.status().posts == 3 + max(0, which - 1)
        for one in index.posts():
            text = index.sections(one.id)[-1].text
            # Not whether it is first: among a thousand that are alike, a search by graph that stops
            # early may miss one.
            assert one.title in titles(index, text, 2000)
    with write_index(where, EMBEDDER.id) as writer:
        writer.finish()
    all_well(where)


def test_an_index_moves_between_folder_and_server_without_embedding(
    tmp_path: Path, shared: Door
) -> None:
    folder = garden(tmp_path / "index")
    where, before = place(folder, shared), state(folder)
    with closing(Index(where)) as index, pytest.raises(IndexMismatch, match="lies in its folder"):
        index.search(QUESTION, 3)
    with pytest.raises(IndexMismatch):
        add_one(where)
    assert repair(where) == 6
    assert state(where) == before
    assert not list(folder.glob("chroma*"))
    all_well(where)
    with closing(Index(folder)) as index, pytest.raises(IndexMismatch, match="is the collection"):
        index.search(QUESTION, 3)
    assert repair(folder) == 6
    assert state(folder) == before
    assert all(finding.ok for finding in check(folder))


def test_a_collection_that_is_gone_or_another_catalogs_is_refused_and_made_again(
    tmp_path: Path, shared: Door
) -> None:
    one, two = garden(place(tmp_path / "1", shared)), garden(place(tmp_path / "2", shared))
    with closing(Catalog(one)) as first, closing(Catalog(two)) as second, first.writing():
        first.set_meta("chroma", search_name(second))
    with closing(Index(one)) as index, pytest.raises(IndexDamaged, match="another catalog"):
        index.search(QUESTION, 3)
    assert repair(one) == 6
    all_well(one)
    all_well(two)
    with closing(Catalog(one)) as catalog:
        shared.behind.ask("DELETE", f"collections/{search_name(catalog)}")
    with closing(Index(one)) as index, pytest.raises(IndexDamaged) as caught:
        index.search(QUESTION, 3)
    assert "doctor --repair" in caught.value.hint
    assert repair(one) == 6
    all_well(one)


def test_what_is_erased_or_left_over_leaves_the_server(tmp_path: Path, shared: Door) -> None:
    where, others = garden(place(tmp_path / "index", shared)), shared.behind.collections()
    with closing(Catalog(where)) as catalog:
        left, used = another_name(catalog), search_name(catalog)
        others -= {used}
        # As somebody who was killed in the middle of a rebuild.
        shared.behind.ask("POST", "collections", {"name": left})
        assert leftovers(catalog) == [left]
    assert any("left over" in finding.what for finding in check(where) if not finding.ok)
    with closing(Index(where)) as index:
        assert titles(index, "compost heap snow")[0] == "Compost in winter"
        forget(where, "garden.example/3")
        assert "Compost in winter" not in titles(index, "compost heap snow")
        now = shared.behind.collections() - others
        assert now == {search_name(index.catalog)}
        assert not now & {left, used}
    all_well(where)


def test_another_model_goes_into_a_collection_of_its_own(tmp_path: Path, shared: Door) -> None:
    where = garden(place(tmp_path / "index", shared))
    settings = load_settings(
        index=where.folder, chroma_url=shared.url, chroma_token=TOKEN, embedding_model="hash"
    )
    with closing(Catalog(where)) as catalog:
        before = search_name(catalog)
        reembed(settings, embedder=NarrowEmbedder())
        assert search_name(catalog) != before
        assert before not in shared.behind.collections()
    all_well(where)


def test_a_copy_has_a_collection_of_its_own(tmp_path: Path, shared: Door) -> None:
    where = garden(place(tmp_path / "index", shared))
    backup(where, tmp_path / "copy.tgz")
    other = replace(where, folder=tmp_path / "restored")
    assert restore(tmp_path / "copy.tgz", other) == 6
    add_one(other)
    restore(tmp_path / "copy.tgz", tmp_path / "in a folder")
    for one in (where, other):
        all_well(one)
    assert all(finding.ok for finding in check(tmp_path / "in a folder"))
    with closing(Index(where)) as index:
        assert len(titles(index, "anything", 99)) == sum(len(p.sections) for p in GARDEN)


def test_commands_name_the_server_and_what_it_keeps(
    tmp_path: Path, shared: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"CHROMA_URL": shared.url, "CHROMA_TOKEN": TOKEN, "EMBEDDING_MODEL": "hash"}
    for name, value in own.items():
        monkeypatch.setenv(f"PULLQUOTE_{name}", value)
    garden(place(tmp_path / "index", shared))
    run = partial(CliRunner().invoke, app)
    assert f"Chroma       {shared.url}" in run(["status"]).stdout
    assert "`chroma vacuum`" in run(["forget", "garden.example/3"]).stdout
    before = len(shared.asked)
    assert "Slugs without pellets" in run(["ask", "Which bed had wool mulch?"]).stdout
    assert len(shared.asked) == before  # a small index asks no server
