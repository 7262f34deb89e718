from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import numpy as np
import pytest
from small_site import GARDEN, garden, post, put, same_path, section

from rag.backends import as_indexed
from rag.catalog import filters as catalog_filters
from rag.catalog import read as catalog_read
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.catalog.identity import embedding_key
from rag.catalog.schema import SCHEMA_VERSION
from rag.embedding.embedder import HashEmbedder, ModelId, PassageText
from rag.errors import IndexBusy, IndexDamaged, IndexMismatch, IndexMissing
from rag.index.health import check, repair
from rag.index.index import Index, write_index
from rag.index.search_home import CHROMA
from rag.place import CATALOG
from rag.settings import load_settings
from rag.types import Filters

EMBEDDER = HashEmbedder()


def nearest(index: Index, text: str, k: int = 3) -> list[str]:
    found = index.search(EMBEDDER.embed_question(text).question, k)
    passages = catalog_read.passages(index.catalog, list(found))
    return [passages[id_].post.title for id_ in found]


def open_files(name: str) -> list[str]:
    """The files of this process that are open, by a part of their path."""
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system does not tell which files a process has open")
    links = [Path(f"/proc/self/fd/{one}") for one in os.listdir("/proc/self/fd")]
    return [to for to in (os.readlink(one) for one in links if one.is_symlink()) if name in to]


def test_nothing_ingested_is_told_with_the_next_command(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing) as caught:
        Index(tmp_path / "nowhere")
    assert "pullquote ingest" in caught.value.hint


def test_what_was_written_is_found_and_reads_back_as_it_was(tmp_path: Path) -> None:
    index = Index(garden(tmp_path))
    assert nearest(index, "wool mulch lettuces")[0] == "Slugs without pellets"
    by_id = {p.post.id: p for p in GARDEN}
    for id_ in catalog_read.all_ids(index.catalog):
        passage = catalog_read.passages(index.catalog, [id_])[id_]
        parsed = by_id[passage.post.id]
        assert passage.post == parsed.post
        assert passage.section in parsed.sections
        for sentence in passage.sentences:
            assert passage.section.text[sentence.start : sentence.end] == sentence.text
    assert index.status().posts == 3
    assert index.sections("garden.example/1") == GARDEN[0].sections
    assert next(p.title for p in index.posts()) == "Slugs without pellets"
    index.close()


def test_where_text_and_page_part_reads_back_as_it_was(tmp_path: Path) -> None:
    plain = section("0", (), "A claim and another.", "More.")
    gaps = ((7, 7), (12, 19))
    parted = replace(plain, blocks=(replace(plain.blocks[0], gaps=gaps), plain.blocks[1]))
    written = post(1, "Claims", parted)
    with write_index(tmp_path, EMBEDDER.id) as writer:
        put(writer, written, EMBEDDER)
        writer.finish()
    index = Index(tmp_path)
    assert index.sections(written.post.id) == (parted,)
    index.close()


def test_every_sentence_of_a_section_is_in_exactly_one_passage(tmp_path: Path) -> None:
    index = Index(garden(tmp_path))
    found = catalog_read.passages(index.catalog, catalog_read.all_ids(index.catalog)).values()
    starts = [(p.post.id, p.section.key, s.start) for p in found for s in p.sentences]
    assert len(starts) == len(set(starts))
    said = " ".join(s.text for p in found for s in p.sentences)
    for parsed in GARDEN:
        for one in parsed.sections:
            assert set(one.text.split()) <= set(said.split())
    index.close()


def test_a_changed_post_takes_the_place_of_the_old_one_everywhere(tmp_path: Path) -> None:
    garden(tmp_path)
    index = Index(tmp_path)
    assert nearest(index, "wool mulch")[0] == "Slugs without pellets"
    with write_index(tmp_path, EMBEDDER.id) as writer:
        put(writer, post(2, "Frogs eat slugs", section("0", (), "A pond helps.")), EMBEDDER)
        writer.finish()
    assert "Slugs without pellets" not in nearest(index, "wool mulch", 10)
    assert nearest(index, "pond helps frogs")[0] == "Frogs eat slugs"
    assert catalog_read.by_words(index.catalog, ["mulch"], 10) == {}
    index.close()


def test_a_removed_post_is_gone_by_meaning_and_by_words(tmp_path: Path) -> None:
    garden(tmp_path)
    index = Index(tmp_path)
    assert nearest(index, "compost heap snow")[0] == "Compost in winter"
    with write_index(tmp_path, EMBEDDER.id) as writer:
        assert catalog_write.remove_posts(writer.catalog, ["garden.example/3", "unknown/1"]) == 1
        # Not told to Chroma yet, and gone all the same.
        assert "Compost in winter" not in nearest(index, "compost heap snow", 10)
        writer.finish()
    assert "Compost in winter" not in nearest(index, "compost heap snow", 10)
    assert catalog_read.by_words(index.catalog, ["snow"], 10) == {}
    assert index.status().posts == 2
    index.close()


def test_a_reader_sees_a_post_before_chroma_was_told_of_it(tmp_path: Path) -> None:
    garden(tmp_path)
    index = Index(tmp_path)
    with write_index(tmp_path, EMBEDDER.id) as writer:
        put(writer, post(9, "Bees", section("0", (), "Lavender draws bees.")), EMBEDDER)
        assert nearest(index, "lavender bees")[0] == "Bees"
    index.close()


def test_a_reader_in_another_process_sees_a_sync_and_leaks_nothing(tmp_path: Path) -> None:
    garden(tmp_path)
    index = Index(tmp_path)
    nearest(index, "anything")
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0
    for number in range(10, 16):
        subprocess.run(
            [sys.executable, "-c", _ADD_ONE, str(tmp_path), str(number)],
            check=True, env=same_path(),
        )  # fmt: skip
        assert nearest(index, f"plant{number}")[0] == f"Plant {number}"
    if before:
        assert len(os.listdir("/proc/self/fd")) <= before + 6
    index.close()


_ADD_ONE = """
import sys
from pathlib import Path
from rag.embedding.embedder import HashEmbedder
from rag.index.index import write_index
from small_site import post, put, section
number = int(sys.argv[2])
with write_index(Path(sys.argv[1]), HashEmbedder().id) as writer:
    parsed = post(number, f"Plant {number}", section("0", (), f"plant{number} grows."))
    put(writer, parsed, HashEmbedder())
    writer.finish()
"""


def test_only_one_process_writes_at_a_time(tmp_path: Path) -> None:
    with write_index(tmp_path, EMBEDDER.id), pytest.raises(IndexBusy):  # noqa: SIM117
        with write_index(tmp_path, EMBEDDER.id):
            pass


def test_another_model_is_refused_for_reading_and_for_writing(tmp_path: Path) -> None:
    garden(tmp_path)
    other = ModelId("other", "1", 256)
    with pytest.raises(IndexMismatch) as caught, write_index(tmp_path, other):
        pass
    assert "'hash'" in caught.value.hint
    index = Index(tmp_path)
    with pytest.raises(IndexMismatch):
        index.check_model(other)
    index.close()


def test_another_precision_may_ask_and_must_not_write(tmp_path: Path) -> None:
    garden(tmp_path)
    other = replace(EMBEDDER.id, precision="float16")
    with closing(Index(tmp_path)) as index:
        index.check_model(other)
        with pytest.raises(IndexMismatch):
            index.check_model(other, to_write=True)
        index.check_model(replace(other, precision="auto"), to_write=True)
    with pytest.raises(IndexMismatch) as caught, write_index(tmp_path, other):
        pass
    assert caught.value.hint.startswith("Set embedding_precision = 'float32', or ")


def test_vectors_of_another_precision_have_other_keys() -> None:
    text = PassageText("Frost.", ((0, 6),))
    other = replace(EMBEDDER.id, precision="float16")
    assert embedding_key(text, other) != embedding_key(text, EMBEDDER.id)
    assert ModelId.parse(str(other)) == other


def test_what_the_settings_leave_open_is_as_the_index_has_it(tmp_path: Path) -> None:
    settings = load_settings(index=tmp_path / "index", embedding_model="hash")
    assert as_indexed(settings).embedding_precision == "auto"  # there is none yet
    with write_index(settings.index, replace(EMBEDDER.id, precision="bfloat16")):
        pass
    assert as_indexed(settings).embedding_precision == "bfloat16"
    given = settings.model_copy(update={"embedding_precision": "float32"})
    assert as_indexed(given).embedding_precision == "float32"


def test_an_index_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    garden(tmp_path)
    index = Index(tmp_path)
    index.catalog.connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    index.close()
    with pytest.raises(IndexMismatch):
        Index(tmp_path)


def test_a_file_that_is_no_catalog_is_told(tmp_path: Path) -> None:
    (tmp_path / CATALOG).write_bytes(b"no database at all" * 100)
    with pytest.raises(IndexDamaged) as told:
        Index(tmp_path)
    assert told.tb is not None  # what it refers to is still alive, and yet
    assert not open_files(str(tmp_path / CATALOG))


def test_a_thread_that_outlives_its_catalog_leaves_nothing_open(tmp_path: Path) -> None:
    index = Index(garden(tmp_path))
    closed, told = threading.Event(), []

    def ask_late(catalog: Catalog) -> None:
        closed.wait()
        told.append(catalog.hosts())

    late = threading.Thread(target=ask_late, args=(index.catalog,))
    late.start()
    index.close()
    closed.set()
    late.join()
    assert told == [("garden.example",)]
    assert open_files(str(tmp_path / CATALOG))
    del index, late
    gc.collect()
    assert not open_files(str(tmp_path / CATALOG))


def test_a_record_change_reaches_answers_without_new_vectors(tmp_path: Path) -> None:
    garden(tmp_path)
    changed = replace(GARDEN[0].post, url="https://garden.example/new/", tags=("summer",))
    with write_index(tmp_path, EMBEDDER.id) as writer:
        catalog_write.update_record(writer.catalog, changed, "test")
        assert {op for _, op in catalog_write.outbox(writer.catalog, 99)} == {"metadata"}
        writer.finish()
    index = Index(tmp_path)
    ids = catalog_filters.allowed_passages(index.catalog, Filters(tags=("Summer",)))
    passage = next(iter(catalog_read.passages(index.catalog, sorted(ids)).values()))
    assert passage.post == changed
    index.close()


def test_filters_look_at_people_terms_and_dates(tmp_path: Path) -> None:
    index = Index(garden(tmp_path))

    def titles(filters: Filters) -> set[str]:
        ids = sorted(catalog_filters.allowed_passages(index.catalog, filters))
        return {p.post.title for p in catalog_read.passages(index.catalog, ids).values()}

    assert titles(Filters(authors=("tom baker",))) == {"Slugs without pellets"}
    newest = GARDEN[1].post.published
    assert titles(Filters(since=newest)) == {"Slugs without pellets"}
    assert titles(Filters(until=newest)) == {"Tomatoes from seed", "Compost in winter"}
    assert titles(Filters(tags=("nothing",))) == set()
    assert index.choices().authors == ("Ines Moreau", "Tom Baker")
    index.close()


def test_search_is_exact_up_to_the_rounding_of_stored_vectors(tmp_path: Path) -> None:
    index = Index(garden(tmp_path))
    question = EMBEDDER.embed_question("frost and seedlings in March").question
    ids = catalog_read.all_ids(index.catalog)
    by_chroma = index.search(question, len(ids))
    exact = index.exact_search(question, ids, len(ids))
    assert set(by_chroma) == set(exact)
    assert all(abs(by_chroma[id_] - exact[id_]) < 2e-3 for id_ in ids)
    index.close()


def test_token_frequencies_follow_every_change(tmp_path: Path) -> None:
    garden(tmp_path)
    with write_index(tmp_path, EMBEDDER.id) as writer:
        put(writer, post(2, "Slugs", section("0", (), "Slugs again.")), EMBEDDER)
        catalog_write.remove_posts(writer.catalog, ["garden.example/1"])
        writer.finish()
    index = Index(tmp_path)
    stored = catalog_read.stored_vectors(index.catalog, catalog_read.all_ids(index.catalog))
    counted: dict[int, int] = {}
    for one in stored.values():
        for token in np.unique(one.token_ids).tolist():
            counted[token] = counted.get(token, 0) + 1
    kept = dict(
        index.catalog.connection.execute(
            "SELECT token, passages FROM token_frequency WHERE passages != 0"
        ).fetchall()
    )
    assert kept == counted
    index.close()


def test_repair_makes_chroma_again_without_embedding(tmp_path: Path) -> None:
    garden(tmp_path)
    rmtree(tmp_path / CHROMA)
    assert not all(finding.ok for finding in check(tmp_path))
    assert repair(tmp_path) == 6
    assert all(finding.ok for finding in check(tmp_path))
    index = Index(tmp_path)
    assert nearest(index, "wool mulch")[0] == "Slugs without pellets"
    index.close()


def test_chroma_of_another_catalog_is_refused(tmp_path: Path) -> None:
    garden(tmp_path / "one")
    garden(tmp_path / "two")
    (tmp_path / "one" / CATALOG).replace(tmp_path / "two" / CATALOG)
    for left in (tmp_path / "two").glob("catalog.sqlite3-*"):
        left.unlink()
    index = Index(tmp_path / "two")
    with pytest.raises(IndexDamaged):
        nearest(index, "anything")
    index.close()


_WRITE_FOR_EVER = """
import sys
from pathlib import Path
from rag.embedding.embedder import HashEmbedder
from rag.index.index import write_index
from small_site import post, put, section
round = 0
while True:
    round += 1
    with write_index(Path(sys.argv[1]), HashEmbedder().id) as writer:
        for number in range(1, 8):
            words = " ".join(f"w{number}r{round}s{i}" for i in range(5))
            text = section("0", (), f"round{round} {words}.")
            put(writer, post(number, f"Post {number}", text), HashEmbedder())
            if number == 4:
                writer.flush()
        writer.finish()
    print(round, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("wait", [0.02, 0.05, 0.11, 0.17, 0.26, 0.33, 0.41, 0.57])
def test_a_kill_at_any_moment_leaves_whole_posts_and_a_next_writer_mends(
    tmp_path: Path, wait: float
) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _WRITE_FOR_EVER, str(tmp_path)],
        stdout=subprocess.PIPE, env=same_path(),
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(wait)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    index = Index(tmp_path)
    assert index.status().posts == 7
    for one in index.posts():
        (only,) = index.sections(one.id)
        assert nearest(index, only.text)[0] == one.title
    index.close()
    with write_index(tmp_path, EMBEDDER.id) as writer:
        writer.finish()
    assert all(finding.ok for finding in check(tmp_path)), check(tmp_path)


def test_a_health_check_sees_a_table_that_is_missing(tmp_path: Path) -> None:
    garden(tmp_path)
    index = Index(tmp_path)
    index.catalog.connection.execute("DROP TABLE quarantine")
    index.catalog.connection.execute("CREATE TABLE quarantine_of_old (a)")
    index.close()
    wrong = [finding.what for finding in check(tmp_path) if not finding.ok]
    assert wrong == ["the catalog has other tables than it should"]


def test_nobody_but_sqlite_opens_the_catalog(tmp_path: Path) -> None:
    """A file that is opened and closed beside it takes all of its locks away, says POSIX."""
    code = """
import sys
from pathlib import Path
opened = []
sys.addaudithook(lambda event, given: opened.append(str(given[0])) if event == "open" else None)
from contextlib import closing
from rag.embedding.embedder import HashEmbedder
from rag.index.health import check
from rag.index.index import Index
folder = Path(sys.argv[1])
with closing(Index(folder)) as index, index.catalog.reading():
    assert index.search(HashEmbedder().embed_question("wool mulch").question, 3)
    index.status(), index.catalog.is_superseded()
assert all(one.ok for one in check(folder))
assert opened
print(*[name for name in opened if "catalog.sqlite" in name])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(garden(tmp_path))],
        env=same_path(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "\n"


_AT_WORK = """
import sys, threading, time
from pathlib import Path
from rag.catalog.catalog import Catalog

ROWS = "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t "\\
    "WHERE i < 20000) SELECT sum(i) FROM t"
for _ in range(10):
    catalog, over = Catalog(Path(sys.argv[1])), threading.Event()

    def work():
        while not over.is_set():
            assert catalog.connection.execute(ROWS).fetchone()[0] == 200010000

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.02)
    catalog.close()
    over.set()
    for thread in threads:
        thread.join()
    catalog.close()
print("ended well")
"""


def test_a_catalog_may_be_closed_while_threads_are_in_the_middle_of_a_statement(
    tmp_path: Path,
) -> None:
    folder = garden(tmp_path / "index")
    ran = subprocess.run(  # else a crash would take the whole suite with it
        [sys.executable, "-c", _AT_WORK, str(folder)],
        env=same_path(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.stdout, ran.stderr) == ("ended well\n", "")
