"""Afterwards nothing of a post is found in any byte of the index's folder."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import chromadb
import numpy as np
import pytest
from small_site import GARDEN, garden, post, put, same_path, section

from ingest.sync import sync
from rag.catalog import read as catalog_read
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.catalog.files import is_erasure_due
from rag.catalog.writer_lock import locked
from rag.embedding.embedder import HashEmbedder
from rag.errors import IndexMissing, PostUnknown
from rag.index.forget import forget
from rag.index.health import check, repair
from rag.index.index import Index, write_index
from rag.index.search_home import search_name
from rag.place import CATALOG
from rag.settings import load_settings
from rag.text.sentences import search_words
from rag.types import ParsedPost, Vector

EMBEDDER = HashEmbedder()
# Words that no other post has, nor any word that begins like them.
SECRET = post(
    7777,
    "Xylocarpic quagswagging",
    section("0", (), "Zzyzxian floccinauc was wrubberel. Qophs met kvetchly jnanas in mpret."),
    section("1", ("Vrbaika hlinzing",), "The dvandva of psychrotolerant xerophily is bwazir."),
)
MANY = 60  # other posts around it, so that pages are shared, split and merged


def site(folder: Path, posts: int = MANY) -> Path:
    with write_index(folder, EMBEDDER.id) as writer:
        for number in range(100, 100 + posts - 1):
            words = " ".join(f"word{number}x{i} soil frost leaf" for i in range(12))
            parsed = post(number, f"Post {number}", section("0", (), f"Before. {words}. After."))
            put(writer, parsed, EMBEDDER)
            if number == 100 + posts // 2:
                put(writer, SECRET, EMBEDDER)
                writer.flush()
        writer.finish()
    return folder


def traces(folder: Path) -> dict[str, bytes]:
    """Everything by which the secret post could be known again in a file."""
    found = {"its id": SECRET.post.id.encode(), "its address": SECRET.post.url.encode()}
    with closing(Catalog(folder)) as catalog:
        ids = [
            row[0]
            for row in catalog.connection.execute(
                "SELECT id FROM passages WHERE post_id = ?", (SECRET.post.id,)
            )
        ]
        passages = catalog_read.passages(catalog, ids)
        stored = catalog_read.stored_vectors(catalog, ids)
        in_chroma = chroma_vectors(catalog.place.folder / search_name(catalog), ids)
    for id_, passage in passages.items():
        found[f"passage {id_}"] = id_.encode()
        text = "\n".join((passage.post.title, *passage.section.headings, passage.text)).lower()
        for word in {w.strip(".") for w in (*text.split(), *search_words(text).split())}:
            if len(word) > 5:
                # The words' index keeps of a word what it adds to the one before it.
                found[f"word {word}"] = word[1:].encode()
        for kind in ("passage", "sentences", "tokens", "token_ids"):
            found |= stretches(f"{kind} of {id_}", getattr(stored[id_], kind).tobytes())
        found |= stretches(f"float32 of {id_}", stored[id_].passage.astype("<f4").tobytes())
        found |= stretches(f"Chroma's own of {id_}", in_chroma[id_].astype("<f4").tobytes())
    return found


def stretches(name: str, whole: bytes) -> dict[str, bytes]:
    """Parts of a blob, as it may be spread over pages; without those that say nothing."""
    parts = {f"{name} at {at}": whole[at : at + 32] for at in range(0, len(whole) - 32, 100)}
    return {place: part for place, part in parts.items() if sum(map(bool, part)) > 7}


def chroma_vectors(folder: Path, ids: list[str]) -> dict[str, Vector]:
    client = chromadb.PersistentClient(str(folder) + "/././.")
    found = client.get_collection("passages").get(ids=ids, include=["embeddings"])
    assert found["embeddings"] is not None
    vectors = [np.asarray(vector, dtype=np.float32) for vector in found["embeddings"]]
    client.close()  # type: ignore[attr-defined]
    return dict(zip(found["ids"], vectors, strict=True))


def seen(folder: Path, pieces: dict[str, bytes]) -> dict[str, str]:
    """Which of the pieces stand in which file; words in any case of letters."""
    hits = {}
    for file in (file for file in folder.rglob("*") if file.is_file()):
        content = file.read_bytes()
        for name, piece in pieces.items():
            if piece in (content.lower() if name.startswith("word") else content):
                hits[name] = str(file.relative_to(folder))
    return hits


def test_the_search_for_traces_finds_them_while_the_post_is_there(tmp_path: Path) -> None:
    pieces = traces(site(tmp_path))
    hits = seen(tmp_path, pieces)
    missed = {name.partition(" of ")[0] for name in set(pieces) - set(hits)}
    assert not missed - {"float32"}  # Chroma scales vectors before it keeps them


def test_a_post_that_is_only_removed_leaves_traces(tmp_path: Path) -> None:
    """So the tests of erasure mean something."""
    pieces = traces(site(tmp_path))
    with write_index(tmp_path, EMBEDDER.id) as writer:
        catalog_write.remove_posts(writer.catalog, [SECRET.post.id])
        writer.finish()
    assert seen(tmp_path, pieces)


@pytest.mark.parametrize("wanted", ["garden.example/7777", SECRET.post.url, "7777"])
def test_nothing_of_a_forgotten_post_is_left_in_any_file(tmp_path: Path, wanted: str) -> None:
    pieces = traces(site(tmp_path))
    assert forget(tmp_path, wanted) == SECRET.post.id
    assert seen(tmp_path, pieces) == {}
    assert all(finding.ok for finding in check(tmp_path)), check(tmp_path)
    with closing(Index(tmp_path)) as index:
        assert index.status().posts == MANY - 1
        assert catalog_read.by_words(index.catalog, ["floccinauc"], 5) == {}
        assert index.search(EMBEDDER.embed_question("word7x3 frost").question, 3)


@pytest.mark.parametrize("posts", [1, 3, 1100])
def test_chroma_writes_nothing_of_the_process_memory_to_the_disk(
    tmp_path: Path, posts: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Its graph keeps room for more, which it takes from memory as it finds it."""
    with write_index(tmp_path, EMBEDDER.id) as writer:
        for number in range(posts):
            remembered = [f"Memory{number} {i} of a secret kind".encode() * 99 for i in range(9)]
            put(writer, post(number, f"Post {number}", section("0", (), "Leaf.")), EMBEDDER)
            del remembered
        writer.finish()
    assert "not known" not in caplog.text
    graphs = [file.read_bytes() for file in tmp_path.rglob("data_level0.bin")]
    assert graphs
    assert not any(b"Memory" in content for content in graphs)
    if posts < 100:  # Chroma writes its graph only from a thousand elements on
        assert not any(any(content) for content in graphs)


def test_a_reader_leaves_nothing_of_its_memory_either(tmp_path: Path) -> None:
    """Chroma writes the graph of a small collection anew when a process first searches in it."""
    site(tmp_path)
    graphs = list(tmp_path.rglob("data_level0.bin"))
    before = [file.stat().st_mtime_ns for file in graphs]
    for _ in range(3):
        with closing(Index(tmp_path)) as index:
            remembered = [f"Memory {i} of a secret kind".encode() * 999 for i in range(9)]
            del remembered
            for _ in range(2):
                assert index.search(EMBEDDER.embed_question("word107x3 frost").question, 3)
    assert [file.stat().st_mtime_ns for file in graphs] != before
    assert not any(any(file.read_bytes()) for file in graphs)
    assert all(finding.ok for finding in check(tmp_path))  # which counts, and searches for nothing
    assert not any(any(file.read_bytes()) for file in graphs)


def test_a_reader_tidies_up_as_soon_as_no_writer_is_at_work(tmp_path: Path) -> None:
    site(tmp_path)
    (graph,) = tmp_path.rglob("data_level0.bin")
    question = EMBEDDER.embed_question("word107x3 frost").question
    with closing(Index(tmp_path)) as index:
        with locked(tmp_path):
            assert index.search(question, 3)
            assert any(graph.read_bytes())  # the writer may be writing it: hands off
        assert index.search(question, 3)
        assert not any(graph.read_bytes())


@pytest.mark.slow
def test_nothing_is_left_where_chroma_has_written_its_graph(tmp_path: Path) -> None:
    """It does so from a thousand passages on, and keeps what was deleted."""
    pieces = traces(site(tmp_path, 1200))
    graphs = [file for file in tmp_path.rglob("data_level0.bin") if any(file.read_bytes())]
    assert graphs
    forget(tmp_path, SECRET.post.id)
    assert seen(tmp_path, pieces) == {}
    with write_index(tmp_path, EMBEDDER.id) as writer:
        put(writer, GARDEN[0], EMBEDDER)
        writer.finish()
    assert seen(tmp_path, pieces) == {}
    assert all(finding.ok for finding in check(tmp_path)), check(tmp_path)


def test_nothing_is_left_of_what_the_post_was_before_it_changed(tmp_path: Path) -> None:
    site(tmp_path)
    pieces = traces(tmp_path)
    newer = ParsedPost(SECRET.post, (section("0", (), "Nothing to see."),))
    with write_index(tmp_path, EMBEDDER.id) as writer:
        put(writer, newer, EMBEDDER)
        writer.finish()
    forget(tmp_path, SECRET.post.id)
    assert seen(tmp_path, pieces) == {}


def test_a_post_that_turned_private_is_erased_at_the_end_of_the_sync(tmp_path: Path) -> None:
    pieces = traces(site(tmp_path))
    with write_index(tmp_path, EMBEDDER.id) as writer:
        catalog_write.remove_posts(writer.catalog, [SECRET.post.id], erase=True)
        assert is_erasure_due(writer.catalog)
        writer.finish()
        assert not is_erasure_due(writer.catalog)
        put(writer, GARDEN[0], EMBEDDER)
        writer.finish()
    assert seen(tmp_path, pieces) == {}
    assert all(finding.ok for finding in check(tmp_path)), check(tmp_path)


def test_an_erasure_that_was_stopped_is_told_and_made_good(tmp_path: Path) -> None:
    pieces = traces(site(tmp_path))
    with write_index(tmp_path, EMBEDDER.id) as writer:
        catalog_write.remove_posts(writer.catalog, [SECRET.post.id], erase=True)
    assert [f.what for f in check(tmp_path) if "erased" in f.what] == [
        "deleted text waits to be erased"
    ]
    assert repair(tmp_path) == MANY - 1
    assert seen(tmp_path, pieces) == {}
    assert all(finding.ok for finding in check(tmp_path)), check(tmp_path)


def test_readers_elsewhere_go_on_while_a_post_is_erased(tmp_path: Path) -> None:
    pieces = traces(site(tmp_path))
    asking = subprocess.Popen(
        [sys.executable, "-c", _ASK_FOR_EVER, str(tmp_path)],
        stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, env=same_path(),
    )  # fmt: skip
    assert asking.stdout
    assert asking.stdout.readline() == "asking\n"
    forget(tmp_path, SECRET.post.id)
    assert seen(tmp_path, pieces) == {}
    for number in (105, 106, 107):
        forget(tmp_path, str(number))
    said, _ = asking.communicate("stop\n", timeout=60)
    asked, before, after = said.split()
    assert int(asked) > 20
    assert (before, after) == ("True", "False")  # the secret post was found, and then no more
    assert seen(tmp_path, pieces) == {}


_ASK_FOR_EVER = """
import sys, threading
from pathlib import Path
from rag.embedding.embedder import HashEmbedder
from rag.index.index import Index
from rag.catalog import read as catalog_read
index = Index(Path(sys.argv[1]))
question = HashEmbedder().embed_question("floccinauc wrubberel qophs").question
def look():
    with index.catalog.reading():
        found = index.search(question, 3)
        passages = catalog_read.passages(index.catalog, list(found))
    assert len(found) == 3, found
    return any("7777" in passages[id_].post.id for id_ in found if id_ in passages)
first = look()
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
print("asking", flush=True)
asked = 0
while not stop.is_set():
    look()
    asked += 1
print(asked, first, look())
"""


@pytest.mark.parametrize("wanted", ["nobody", "garden.example/9999", "9999", ""])
def test_a_post_that_is_not_there_cannot_be_forgotten(tmp_path: Path, wanted: str) -> None:
    garden(tmp_path)
    with pytest.raises(PostUnknown):
        forget(tmp_path, wanted)


def test_a_number_that_two_sites_have_is_asked_back(tmp_path: Path) -> None:
    garden(tmp_path)
    other = replace(GARDEN[0].post, id="other.example/1", url="https://other.example/one/")
    with write_index(tmp_path, EMBEDDER.id) as writer:
        put(writer, ParsedPost(other, GARDEN[0].sections), EMBEDDER)
        writer.finish()
    with pytest.raises(PostUnknown, match=r"garden\.example/1, other\.example/1"):
        forget(tmp_path, "1")
    assert forget(tmp_path, "http://www.other.example/one") == "other.example/1"


def test_nothing_is_forgotten_where_there_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        forget(tmp_path / "nowhere", "1")
    assert not (tmp_path / "nowhere").exists()


def test_a_sync_that_finds_a_post_private_leaves_nothing_of_it(tmp_path: Path) -> None:
    def rest(number: int, text: str, status: str) -> dict[str, object]:
        return {
            "id": number, "type": "post", "status": status,
            "link": f"https://garden.example/post-{number}/", "date_gmt": "2020-01-01T10:00:00",
            "title": {"rendered": f"Post {number}"}, "content": {"rendered": f"<p>{text}</p>"},
        }  # fmt: skip

    def ingest(status: str) -> None:
        secret = "\n".join(one.text for one in SECRET.sections)
        posts = [rest(n, f"Leaf {n} falls.", "publish") for n in range(1, 20)]
        source = tmp_path / "posts.json"
        source.write_text(json.dumps([*posts, rest(7777, secret, status)]), encoding="utf-8")
        settings = load_settings(index=tmp_path / "index", embedding_model="hash")
        sync([str(source)], settings, embedder=EMBEDDER)

    ingest("publish")
    pieces = traces(tmp_path / "index")
    del pieces["its id"]  # it stays as what is to be kept out: `pullquote status --quarantine`
    assert seen(tmp_path / "index", pieces)
    ingest("private")
    assert seen(tmp_path / "index", pieces) == {}
    ingest("private")
    assert seen(tmp_path / "index", pieces) == {}


def test_what_an_sqlite_that_does_not_overwrite_left_behind_goes_as_well(tmp_path: Path) -> None:
    with closing(sqlite3.connect(site(tmp_path) / CATALOG)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        long = "Zzyzxian floccinauc " * 2000
        with connection:
            connection.execute("INSERT INTO sources VALUES ('secret', ?)", (long,))
        with connection:
            connection.execute("DELETE FROM sources WHERE label = 'secret'")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"Zzyzxian floccinauc Zzyzxian" in (tmp_path / CATALOG).read_bytes()
    forget(tmp_path, SECRET.post.id)
    assert b"Zzyzxian" not in (tmp_path / CATALOG).read_bytes()
