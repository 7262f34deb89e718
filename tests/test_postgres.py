"""The catalog in a real PostgreSQL: the same index, asked by several and written by one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from chroma_servers import Door, chroma_program, chroma_server
from door_server import until
from index_state import state
from kills import rest, run_sync, settings_of, write_sources
from postgres_servers import PASSWORD, PostgresProcess, Wire, missing_postgres, postgres_server
from small_site import GARDEN, garden, post, put, same_path, section
from test_reembed import NarrowEmbedder

from ingest.reembed import reembed
from ingest.sync import Options, sync
from rag.assistant import Assistant
from rag.catalog import filters as catalog_filters
from rag.catalog import lexicon as catalog_lexicon
from rag.catalog import posts as catalog_posts
from rag.catalog import read as catalog_read
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.catalog.files import BARE
from rag.catalog.find import find_post
from rag.catalog.postgres_schema import SCHEMA_VERSION
from rag.catalog.sources import (
    Quarantined,
    quarantine,
    rename_sources,
    set_quarantine,
    set_source_state,
    sources_read,
)
from rag.embedding.embedder import HashEmbedder
from rag.errors import (
    BackupInvalid,
    ConfigError,
    IndexBusy,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    IndexUnavailable,
)
from rag.index.backup import backup, restore
from rag.index.forget import forget, let_back
from rag.index.health import check, repair
from rag.index.index import Index, write_index
from rag.place import ChromaServer, Database, Place
from rag.settings import load_settings
from rag.text.sentences import question_words
from rag.types import Filters

pytestmark = [
    pytest.mark.skipif(bool(missing_postgres()), reason=missing_postgres()),
    pytest.mark.skipif(chroma_program() is None, reason="there is no `chroma` command"),
]

EMBEDDER = HashEmbedder()
QUESTION = EMBEDDER.embed_question("frost and seedlings in March").question


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresProcess]:
    with postgres_server() as process:
        yield process


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with chroma_server(tmp_path_factory.mktemp("chroma") / "data") as opened:
        yield opened


@pytest.fixture
def where(tmp_path: Path, postgres: PostgresProcess, door: Door) -> Place:
    """An index of its own for each test."""
    return place(tmp_path / "index", postgres.url(), door)


def place(folder: Path, url: str, door: Door) -> Place:
    schema = f"s{abs(hash(folder)):x}"
    return Place(folder, ChromaServer(door.url), Database(url, schema))


def all_well(where: Place) -> None:
    wrong = [finding for finding in check(where) if not finding.ok]
    assert not wrong, wrong


def add_one(where: Place, number: int = 9, text: str = "Lavender draws bees.") -> None:
    with write_index(where, EMBEDDER.id) as writer:
        put(writer, post(number, f"Post {number}", section("0", (), text)), EMBEDDER)
        writer.finish()


def titles(index: Index, text: str, k: int = 9) -> list[str]:
    found = index.search(EMBEDDER.embed_question(text).question, k)
    passages = catalog_read.passages(index.catalog, list(found))
    return [passages[id_].post.title for id_ in found]


def test_it_holds_what_sqlite_does(tmp_path: Path, where: Place) -> None:
    here = garden(tmp_path / "here")
    garden(where)
    assert state(here) == state(where)
    assert not where.folder.exists()
    all_well(where)
    for folder in (here, where):
        with write_index(folder, EMBEDDER.id) as writer:
            put(writer, post(2, "Frogs", section("0", (), "A pond helps.")), EMBEDDER)
            catalog_write.remove_posts(writer.catalog, ["garden.example/3"])
            catalog_write.update_record(
                writer.catalog, replace(GARDEN[0].post, tags=("summer",)), "test"
            )
            writer.finish()
    assert state(here) == state(where)
    all_well(where)


def test_a_sync_makes_the_same_index(tmp_path: Path, where: Place) -> None:
    first, second = write_sources(tmp_path, 9, 2, hide=True)
    for source in (first, second):
        run_sync(source, tmp_path / "here")
        run_sync(source, where)
        assert state(tmp_path / "here") == state(where)
    all_well(where)


def test_an_export_takes_the_place_of_another_there_as_well(tmp_path: Path, where: Place) -> None:
    first, second = write_sources(tmp_path, 9, 2, hide=True)
    run_sync(first, where)
    with closing(Catalog(where)) as catalog:
        (label,) = sources_read(catalog)
        rename_sources(catalog, {label: os.path.relpath(label)})
    run_sync(first, where)
    with closing(Catalog(where)) as catalog:
        assert sources_read(catalog) == (label,)
    options = Options(whole_site=True, allow_mass_delete=True)
    sync([str(second)], settings_of(where), options=options)
    with closing(Catalog(where)) as catalog:
        assert label not in sources_read(catalog)
    run_sync(second, tmp_path / "here")
    assert state(tmp_path / "here") == state(where)


TEXTS = (
    "The bed with wool mulch lost three of forty lettuces, and the bare bed lost twenty-two.",
    "Running tests; he runs, they ran. Tests tested the tester's testing.",
    "Ça coûte 1,000 euros à Noël; l'été, naïve façade. STRASSE straße ſ İstanbul ıi.",
    "東京都の水は安全です。水道水を飲む。水",
    "ราคาน้ำมันในประเทศไทย 한국어 문장입니다 ភាសាខ្មែរ",
    "مرحبا بالعالم في المدينة وأهلها हिन्दी में लिखा गया है שלום עולם",
    "back\\slash quo'te \"double\" a&b|c:* !x <-> (y) 'z':1A emoji 🎉 tab\there",
    "word " * 400 + "rare",
    "x" * 3000 + " longest",
)
ASKED = (
    "wool mulch lettuces", "tests running tester", "how many of the beds lost lettuces",
    "Noel ete naive facade strasse straße", "水", "水 安全", "東京", "ราคา", "한국어", "ភាសា",
    "العالم", "हिन्दी", "שלום", "back slash quote z", "word rare", "word",
    "test tests tested bed beds lettuce", "longest", "nothing here",
    "x" * 3000, "the a of", "🎉", "istanbul i ı",
)  # fmt: skip


def test_words_are_ranked_as_sqlite_ranks_them(tmp_path: Path, where: Place) -> None:
    for folder in (tmp_path / "here", where):
        with write_index(folder, EMBEDDER.id) as writer:
            for number in range(1, 40):
                texts = [TEXTS[(number * step) % len(TEXTS)] for step in (1, 2)][: number % 2 + 1]
                parts = [section(str(i), (f"Part {i}",), text) for i, text in enumerate(texts)]
                put(writer, post(number, f"Bed {number % 5}", *parts), EMBEDDER, limit=9999)
            writer.finish()
    with closing(Index(tmp_path / "here")) as ours, closing(Index(where)) as theirs:
        for text in ASKED:
            words = question_words(text)
            for limit in (1, 3, 10, 1000):
                wanted = catalog_read.by_words(ours.catalog, words, limit)
                found = catalog_read.by_words(theirs.catalog, words, limit)
                assert sorted(found.values()) == pytest.approx(sorted(wanted.values()))
                if limit == 1000:
                    assert found == pytest.approx(wanted), text
            for word in words:
                both = [catalog_lexicon.passages_with(i.catalog, word) for i in (ours, theirs)]
                assert both[0] == both[1], word
        for start in ("t", "lo", "w", "é"):
            ends = [
                sorted(catalog_lexicon.terms_from(i.catalog, start, 2, 9)) for i in (ours, theirs)
            ]
            assert ends[0] == ends[1]
        spelled = [
            sorted(catalog_lexicon.titles_beside_capitals(i.catalog, "STRASSE"))
            for i in (ours, theirs)
        ]
        assert spelled[0] == spelled[1] != []
        near = [catalog_lexicon.written_near(i.catalog, "lettuc") for i in (ours, theirs)]
        assert near[0] == near[1]


def test_filters_and_names_are_read_alike(tmp_path: Path, where: Place) -> None:
    odd = replace(
        GARDEN[1].post, id="garden.example/77", title="ÄNDERUNG (FEC) Title",
        authors=("Zoë ÉLAN", "a'b"), tags=("C++", "ÄB"), language="de-AT",
        published=None, url="http://www.garden.example/änderung/",
    )  # fmt: skip
    parsed = replace(GARDEN[1], post=odd)
    spelled = section("9", (), "The Federal Election Commission (FEC) and (Fec).\nMore (GSA).")
    for folder in (tmp_path / "here", where):
        garden(folder)
        with write_index(folder, EMBEDDER.id) as writer:
            put(writer, parsed, EMBEDDER)
            put(writer, post(5, "Short", spelled), EMBEDDER)
            set_source_state(writer.catalog, "s", f'{{"a": "{odd.url}"}}')
            seen = [Quarantined("s", "x", "why"), Quarantined("t", "y", "so", "garden.example/1")]
            for kept in seen:
                set_quarantine(writer.catalog, kept.source, [kept])
            writer.finish()
    chosen = (
        Filters(authors=("zoë ÉLAN",)), Filters(authors=("zoë élan",)), Filters(tags=("c++", "x")),
        Filters(tags=("äb",)), Filters(since=GARDEN[1].post.published), Filters(),
        Filters(until=GARDEN[1].post.published, categories=("GROWING",)), Filters(authors=("a'b",)),
    )  # fmt: skip
    with closing(Index(tmp_path / "here")) as ours, closing(Index(where)) as theirs:

        def same(ask: Callable[[Catalog], object]) -> None:
            assert ask(ours.catalog) == ask(theirs.catalog)

        for one in chosen:
            same(lambda c, one=one: catalog_filters.allowed_passages(c, one))  # type: ignore[misc]
            same(lambda c, one=one: catalog_filters.unknown_names(c, one))  # type: ignore[misc]
            same(lambda c, one=one: catalog_posts.count_posts(c, one))  # type: ignore[misc]
            same(lambda c, one=one: catalog_posts.newest_posts(c, 9, filters=one))  # type: ignore[misc]
            same(lambda c, one=one: sorted(catalog_posts.times_published(c, one)))  # type: ignore[misc]
            for column in ("authors", "categories", "tags"):
                same(lambda c, one=one, by=column: catalog_posts.bearers(c, by, one))  # type: ignore[misc]
            same(
                lambda c, one=one: catalog_posts.titled(  # type: ignore[misc]
                    c, ["äNDERUNG (fec) title", "ÄNDERUNG (FEC) TITLE"], filters=one
                )
            )
        same(catalog_read.choices)
        same(Catalog.hosts)
        same(lambda c: [catalog_lexicon.words_of(c, letters) for letters in ("FEC", "GSA")])
        same(lambda c: catalog_lexicon.letters_for(c, ["federal election commission", "fec"]))
        assert catalog_lexicon.words_of(theirs.catalog, "FEC") == "Federal Election Commission"
        same(lambda c: [(q.source, q.origin, q.reason, q.post_id) for q in quarantine(c)])
        same(lambda c: len(quarantine(c, "s")))
        same(catalog_write.post_states)
        for typed in ("1", "garden.example/2", odd.url, "www.garden.example/short", f"{odd.url}#x"):
            same(lambda c, typed=typed: find_post(c, typed))  # type: ignore[misc]
        both = [one.status() for one in (ours, theirs)]
        assert replace(both[0], index_id="", synced_at=None) == replace(
            both[1], index_id="", synced_at=None
        )


def test_an_answer_comes_from_there(where: Place) -> None:
    garden(where)
    settings = settings_of(where).model_copy(update={"exact_search": 0})
    with Assistant(settings) as assistant:
        answer = assistant.ask("How many lettuces did the bed with wool mulch lose?")
    assert answer.hits[0].passage.post.title == "Slugs without pellets"
    assert answer.sentences


def test_only_one_writes_and_another_index_is_another_matter(tmp_path: Path, where: Place) -> None:
    garden(where)
    assert where.database is not None
    other = replace(where, database=replace(where.database, schema="elsewhere"))
    with write_index(where, EMBEDDER.id) as writer:
        with pytest.raises(IndexBusy) as caught:
            add_one(where)
        assert f"process {os.getpid()}" in caught.value.problem
        garden(other)
        with closing(Index(where)) as index:
            assert titles(index, "wool mulch", 1) == ["Slugs without pellets"]
        writer.finish()
    add_one(where)


def test_who_has_no_index_is_told(where: Place, door: Door, postgres: PostgresProcess) -> None:
    with pytest.raises(IndexMissing, match="There is no index in the database postgres"):
        Index(where)
    with pytest.raises(IndexMissing):
        repair(where)
    assert not Catalog.exists(where)
    wrong = place(where.folder, postgres.url(password="wrong"), door)
    for one in (wrong, place(where.folder, postgres.url().replace("/postgres", "/none"), door)):
        with pytest.raises(ConfigError, match="no way into") as caught:
            garden(one)
        assert PASSWORD not in f"{caught.value}{one!r}{settings_of(where)!r}"


def test_settings_must_fit() -> None:
    with pytest.raises(ConfigError, match="chroma_url is not"):
        load_settings(catalog_url="postgresql://h/n")
    for wrong in ("mysql://h/n", "h/n"):
        with pytest.raises(ConfigError, match="no address of a PostgreSQL"):
            load_settings(catalog_url=wrong, chroma_url="http://127.0.0.1:8000")
    with pytest.raises(ConfigError, match="catalog_schema"):
        load_settings(catalog_schema='a"; DROP')


def test_other_models_and_newer_versions_are_refused(where: Place) -> None:
    garden(where)
    with pytest.raises(IndexMismatch), write_index(where, NarrowEmbedder().id):
        pass
    with closing(Catalog(where)) as catalog:
        catalog.set_meta("version", "99")
    with pytest.raises(IndexMismatch, match="newer version"):
        Index(where)


@pytest.mark.parametrize(
    "rest",
    [
        "hush%zzquiet@127.0.0.1/blog", "hush/quiet@127.0.0.1/blog", "hush@quiet@127.0.0.1/blog",
        "12/quiet@127.0.0.1/blog", "hush/hush?quiet@127.0.0.1/blog", "hush#quiet@127.0.0.1/blog",
        "hush@127.0.0.1/blog?unknown=quiet", "@127.0.0.1/blog?password=hush%zzquiet",
        "hush@127.0.0.1/blog?connect_timeout=quiet",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_read_is_told_without_its_password(
    tmp_path: Path, rest: str
) -> None:
    address = Database(f"postgresql://ann:{rest}")
    where = Place(tmp_path, ChromaServer("http://127.0.0.1:1"), address)
    with pytest.raises(ConfigError, match="cannot be read as the address") as caught:
        Index(where)
    said = "".join(traceback.format_exception(caught.value))
    assert not re.search("hush|quiet", f"{said} {where} {where!r}")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://ann:p%40ss%2Fword@db.internal:5433/blog", "blog at db.internal:5433"),
        ("postgres://[::1]:5432,db-2/blog?sslmode=require", "blog at [::1]:5432,db-2"),
        ("postgresql:///blog?host=/run/postgresql", "blog at this machine"),
        ("postgresql://%2Frun%2Fpostgresql", "of the user at %2Frun%2Fpostgresql"),
    ],
)
def test_a_database_is_called_by_its_name_and_host(address: str, said: str) -> None:
    assert str(Database(address)) == f"the database {said} (schema pullquote)"
    assert Database(address).is_well_formed


def test_a_transaction_that_the_server_ended_is_told_and_the_next_question_is_answered(
    where: Place,
) -> None:
    garden(where)
    with closing(Index(where)) as index:
        index.catalog.connection.execute("SET idle_in_transaction_session_timeout = 200")
        with (  # noqa: PT012
            pytest.raises(IndexUnavailable, match="idle-in-transaction timeout"),
            index.catalog.reading(),
        ):
            index.status()
            time.sleep(0.6)
            index.status()
        assert index.search(QUESTION, 3)


def test_an_older_catalog_is_led_up_by_who_opens_it(
    where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.catalog.postgres._UPGRADING", 0.2)
    garden(where)
    add_one(where, 5, "The Federal Election Commission (FEC) met.")
    assert where.database is not None

    def older() -> None:
        with closing(Catalog(where)) as catalog:
            catalog.connection.execute("DROP TABLE acronyms")
            catalog.set_meta("version", "1")

    older()
    with closing(Index(where)) as index:
        assert index.catalog.meta("version") == str(SCHEMA_VERSION)
        assert catalog_lexicon.words_of(index.catalog, "FEC") == "Federal Election Commission"
        assert index.catalog.engine.tables(index.catalog.connection) == (
            index.catalog.engine.expected_tables()
        )
        older()
        with write_index(where, EMBEDDER.id) as writer:
            assert catalog_lexicon.letters_for(writer.catalog, ["federal election commission"])
            older()
            with pytest.raises(IndexBusy, match="older format"):
                Index(where)
    all_well(where)


def test_passages_without_vectors_are_counted_in_one_pass(where: Place) -> None:
    garden(where)
    with closing(Catalog(where)) as catalog:
        run = catalog.connection.execute
        plan = " ".join(row[0] for row in run(f"EXPLAIN {BARE}"))
        assert "Anti Join" in plan
        assert "SubPlan" not in plan
        run("DELETE FROM embeddings WHERE key = (SELECT min(embedding_key) FROM passages)")
    assert "1 passages have no vectors" in [f.what for f in check(where) if not f.ok]


def test_tables_that_are_gone_are_told_as_damage(where: Place) -> None:
    garden(where)
    with closing(Index(where)) as index:
        index.catalog.connection.execute("DROP TABLE embeddings")
        with pytest.raises(IndexDamaged, match="is damaged"):
            index.exact_search(QUESTION, catalog_read.all_ids(index.catalog), 3)
    assert [f.what for f in check(where) if not f.ok] == [
        "the catalog has other tables than it should"
    ]
    with pytest.raises(IndexDamaged):
        add_one(where)


def test_what_is_forgotten_is_in_no_table_and_stays_out(
    where: Place, postgres: PostgresProcess
) -> None:
    garden(where)
    word, others = re.compile("heap|keeps|below|surface|snow|lies|compost|winter"), "tomato"
    with closing(Index(where)) as index:
        run = index.catalog.connection.execute
        run("ANALYZE")
        before = _rows(index.catalog)
        assert {name for name, said in before.items() if word.search(said)} > {"words", "stems"}
        assert any(word.search(content) for content in _files(index.catalog, postgres))
        forget(where, "garden.example/3")
        assert "Compost in winter" not in titles(index, "compost heap snow")
        after = _rows(index.catalog)
        assert after.keys() == before.keys()
        assert not {name: said for name, said in after.items() if word.search(said)}
        assert others in after["stems"]
        contents = _files(index.catalog, postgres)
        assert any(others in content for content in contents)
        assert not any(word.search(content) for content in contents)
    all_well(where)
    let_back(where, "garden.example/3")


def _rows(catalog: Catalog) -> dict[str, str]:
    """All that an SQL statement can find, in lower case: of each table, and of what the server
    keeps of its columns."""
    run = catalog.connection.execute
    found = {
        name: "\n".join(row[0] for row in run(f"SELECT one::text FROM {name} AS one"))
        for _, name in catalog.engine.tables(catalog.connection)
    }
    kept = run("SELECT s::text FROM pg_stats AS s WHERE schemaname = current_schema()")
    found["pg_stats"] = "\n".join(row[0] for row in kept)
    return {name: said.lower() for name, said in found.items()}


def _files(catalog: Catalog, postgres: PostgresProcess) -> list[str]:
    """The files of all tables and indexes, in lower case."""
    catalog.connection.execute("CHECKPOINT")
    paths = catalog.connection.execute(
        "SELECT pg_relation_filepath(oid) FROM pg_class"
        " WHERE pg_relation_filepath(oid) IS NOT NULL AND (relnamespace ="
        " current_schema()::regnamespace OR oid IN (SELECT reltoastrelid FROM pg_class"
        "  WHERE relnamespace = current_schema()::regnamespace))"
    ).fetchall()
    return [postgres.file(path).read_bytes().decode("latin-1").lower() for (path,) in paths]


def test_another_model_comes_in_one_step(where: Place) -> None:
    garden(where)
    reembed(settings_of(where), embedder=NarrowEmbedder())
    all_well(where)
    with closing(Index(where)) as index:
        assert index.model == str(NarrowEmbedder().id)


def test_an_index_moves_between_sqlite_and_postgres(tmp_path: Path, where: Place) -> None:
    here = garden(tmp_path / "here")
    backup(here, tmp_path / "one.tgz")
    assert restore(tmp_path / "one.tgz", where) == 6
    assert state(where) == state(here)
    all_well(where)
    with pytest.raises(BackupInvalid, match="There is an index"):
        restore(tmp_path / "one.tgz", where)
    add_one(where)
    backup(where, tmp_path / "two.tgz")
    restore(tmp_path / "two.tgz", tmp_path / "back")
    assert state(tmp_path / "back") == state(where)
    assert all(finding.ok for finding in check(tmp_path / "back"))


def test_a_server_that_was_started_again_is_found_again(
    where: Place, postgres: PostgresProcess
) -> None:
    garden(where)
    with closing(Index(where)) as index:
        assert titles(index, "wool mulch", 1) == ["Slugs without pellets"]
        postgres.stop()
        with pytest.raises(IndexUnavailable, match="no answer from the database"):
            index.search(QUESTION, 3)
        assert [f.ok for f in check(where)] == [False]
        with pytest.raises(IndexUnavailable):
            add_one(where)
        postgres.start()
        assert titles(index, "wool mulch", 1) == ["Slugs without pellets"]
        postgres.stop()
        postgres.start()
        assert titles(index, "wool mulch", 1) == ["Slugs without pellets"]  # nobody noticed


def test_a_server_killed_under_a_writer_loses_nothing(
    where: Place, postgres: PostgresProcess
) -> None:
    garden(where)
    with pytest.raises(IndexUnavailable), write_index(where, EMBEDDER.id) as writer:  # noqa: PT012
        put(writer, post(9, "Post 9", section("0", (), "Lavender draws bees.")), EMBEDDER)
        with writer.catalog.writing():
            catalog_write.remove_posts(writer.catalog, ["garden.example/1"])
            postgres.stop(kill=True)
            postgres.start()
            catalog_write.remove_posts(writer.catalog, ["garden.example/2"])
    with closing(Index(where)) as index:
        assert index.status().posts == 4  # what was whole by then, and nothing of what was not
        assert titles(index, "lavender bees")[0] == "Post 9"
    with write_index(where, EMBEDDER.id) as writer:
        writer.finish()
    all_well(where)


def test_a_writer_that_is_cut_off_cannot_go_on_and_others_can(
    where: Place, postgres: PostgresProcess, door: Door
) -> None:
    garden(where)
    assert where.database is not None
    wire = Wire(postgres.port)
    far = replace(where, database=replace(where.database, url=postgres.url(port=wire.port)))
    with write_index(far, EMBEDDER.id) as writer:
        put(writer, post(9, "Post 9", section("0", (), "Lavender draws bees.")), EMBEDDER)
        wire.cut()
        until(lambda: _may_write(where))
        add_one(where, 10, "Clover draws bees too.")
        wire.mend()  # the way is free, and yet the lock is gone with the connection
        with pytest.raises(IndexUnavailable):
            put(writer, post(11, "Post 11", section("0", (), "Nobody sees this.")), EMBEDDER)
        with pytest.raises(IndexUnavailable):
            writer.finish()
    with closing(Index(far)) as index:
        titles(index, "bees")
        wire.cut()
        with pytest.raises(IndexUnavailable):
            index.search(QUESTION, 3)
        wire.mend()
        found = titles(index, "lavender clover bees")
        assert {"Post 9", "Post 10"} <= set(found)
        assert "Post 11" not in found
    wire.close()
    all_well(where)


def test_a_writer_that_lost_its_lock_tells_the_search_index_no_more(
    where: Place, postgres: PostgresProcess, door: Door
) -> None:
    garden(where)
    assert where.database is not None
    wire = Wire(postgres.port)
    far = replace(where, database=replace(where.database, url=postgres.url(port=wire.port)))
    before = door.times("upsert")

    def cut(end: str, times: int) -> bool:
        if end == "upsert":
            wire.cut()
        return end != "upsert"

    with pytest.raises(IndexUnavailable, match="database"), write_index(far, EMBEDDER.id) as writer:  # noqa: PT012
        put(writer, post(9, "Post 9", section("0", (), "Lavender draws bees.")), EMBEDDER)
        door.before = cut
        try:
            writer.finish()
        finally:
            door.before = lambda end, times: True
    wire.close()
    assert door.times("upsert") == before + 1  # it was not asked again
    until(lambda: _may_write(where))
    all_well(where)


def test_an_index_that_lies_in_the_same_folder_stays_well(where: Place) -> None:
    beside = garden(where.folder)
    garden(where)
    add_one(where)
    forget(where, "garden.example/3")
    repair(where)
    assert all(finding.ok for finding in check(beside)), check(beside)
    all_well(where)
    with closing(Index(beside)) as index:
        assert "Compost in winter" in titles(index, "compost heap snow")


def _may_write(where: Place) -> bool:
    try:
        with write_index(where, EMBEDDER.id):
            return True
    except IndexBusy:
        return False


_NODE = """
import sys
from pathlib import Path
from kills import run_sync
from rag.place import ChromaServer, Database, Place
source, folder, chroma, url, schema = sys.argv[1:6]
where = Place(Path(folder), ChromaServer(chroma), Database(url, schema))
print("ready", flush=True)
run_sync(Path(source), where)
print("done", flush=True)
"""

# As tests/test_readers.py does: every post that is met must be whole.
_ASK = """
import sys, threading
from pathlib import Path
from rag.catalog import read as catalog_read
from rag.embedding.embedder import HashEmbedder
from rag.index.index import Index
from rag.place import ChromaServer, Database, Place
folder, chroma, url, schema = sys.argv[1:5]
index = Index(Place(Path(folder), ChromaServer(chroma), Database(url, schema)))
embedder = HashEmbedder()
asked, kinds_seen = 0, set()
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
print("asking", flush=True)
while not stop.is_set():
    number = asked % 40 + 1
    with index.catalog.reading():
        question = embedder.embed_question(f"bed{number} held plant{number} row3").question
        found = index.search(question, 5)
        by_words = catalog_read.by_words(index.catalog, [f"bed{number}", "row3"], 5)
        passages = catalog_read.passages(index.catalog, [*found, *by_words])
        assert set(by_words) <= set(passages), "words of a passage that is not there"
        for post in {p.post.id for p in passages.values()}:
            said = " ".join(s.text for s in index.sections(post))
            kinds = {word for word in said.split() if word in ("Old", "New", "Added")}
            assert len(kinds) == 1, (post, kinds)
            kinds_seen |= kinds
    asked += 1
print(asked, *sorted(kinds_seen), flush=True)
"""


def _process(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], env=same_path(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def _address(where: Place) -> tuple[str, ...]:
    assert where.database is not None
    assert where.chroma is not None
    return str(where.folder), where.chroma.url, where.database.url, where.database.schema


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_web_nodes_see_whole_posts_while_one_syncs_and_is_killed(
    tmp_path: Path, where: Place
) -> None:
    first, second = write_sources(tmp_path, 40, 12, hide=False)
    run_sync(first, where)
    run_sync(first, tmp_path / "alone")
    nodes = [_process(_ASK, *_address(where)) for _ in range(2)]
    for node in nodes:
        assert node.stdout is not None
        assert node.stdout.readline() == "asking\n"
    for wait in (0.05, 0.4, 1.0):
        writer = _process(_NODE, str(second), *_address(where))
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(wait)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    run_sync(second, where)
    run_sync(second, tmp_path / "alone")
    for node in nodes:
        said, _ = node.communicate("\n", timeout=60)
        asked, *kinds = said.split()
        assert int(asked) > 0
        assert {"New", "Old"} <= {*kinds, "Old"}
        assert node.returncode == 0
    assert state(where) == state(tmp_path / "alone")
    all_well(where)


def test_threads_share_a_catalog_and_leave_no_connection(where: Place) -> None:
    garden(where)
    with closing(Index(where)) as index:
        run = index.catalog.connection.execute

        def ask() -> None:
            for _ in range(5):
                assert titles(index, "wool mulch", 1) == ["Slugs without pellets"]

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        titles(index, "wool mulch", 1)
        mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE ?"
        assert run(mine, (f"%process {os.getpid()}",)).fetchone()[0] >= 1
    with closing(Catalog(where)) as again:
        until(
            lambda: again.connection.execute(mine, (f"%process {os.getpid()}",)).fetchone()[0] == 1
        )


def test_a_health_check_counts_what_is_not_there(where: Place) -> None:
    garden(where)
    with closing(Catalog(where)) as catalog:
        catalog.connection.execute("DELETE FROM words WHERE number = 1")
    wrong = [finding.what for finding in check(where) if not finding.ok]
    assert wrong == ["5 of 6 passages can be found by words"]


def test_letters_that_postgres_does_not_take_are_gone_by_then(tmp_path: Path, where: Place) -> None:
    odd = "a\x00b\ufffe\ud800c\x01\x85"
    source = tmp_path / "posts.json"
    terms = [[{"id": 3, "name": f"C {odd}", "taxonomy": "category"}]]
    embedded = {"author": [{"id": 1, "name": f"N {odd}"}], "wp:term": terms}
    text = f"<p>One {odd} two &#0;.</p><h2 id='x{odd}'>H {odd}</h2><p>More &#xD800; text.</p>"
    entry = rest(
        1, text, title={"rendered": f"T {odd}"}, link=f"https://garden.example/{odd}/",
        _embedded=embedded, categories=[3], author=1,
    )  # fmt: skip
    source.write_text(json.dumps([entry]), encoding="utf-8")
    for folder in (tmp_path / "here", where):
        run_sync(source, folder)
    assert state(tmp_path / "here") == state(where)
    with closing(Index(where)) as index:
        assert index.choices().authors


def test_json_of_the_state_is_text(where: Place) -> None:
    garden(where)
    with closing(Catalog(where)) as catalog:
        catalog.set_meta("unknown_tokens", json.dumps({"model": "é", "n": 1}))
        assert json.loads(catalog.meta("unknown_tokens") or "") == {"model": "é", "n": 1}
