"""Indexes that earlier versions wrote, as they wrote them: see tests/data."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from index_state import state
from small_site import GARDEN, garden, post, put, same_path, section

from rag.catalog.lexicon import letters_for, words_of
from rag.catalog.schema import SCHEMA_VERSION
from rag.catalog.sources import quarantine, set_missing
from rag.catalog.write import remove_posts
from rag.catalog.writer_lock import locked
from rag.embedding.embedder import HashEmbedder
from rag.errors import IndexBusy, IndexMismatch
from rag.index.backup import restore
from rag.index.health import check
from rag.index.index import Index, write_index
from rag.place import CATALOG

DATA = Path(__file__).parent / "data"
FORMATS = range(1, SCHEMA_VERSION + 1)
EMBEDDER = HashEmbedder()


def unpacked(folder: Path, version: int) -> Path:
    with tarfile.open(DATA / f"index-format-{version}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "index"


def version_of(folder: Path) -> int:
    with closing(sqlite3.connect(folder / CATALOG)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def tables(folder: Path) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(folder / CATALOG)) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    return sorted((kind, name, re.sub(r"\s+", " ", sql or "")) for kind, name, sql in rows)


@pytest.mark.parametrize("version", FORMATS)
def test_an_index_of_every_format_is_led_up_and_loses_nothing(tmp_path: Path, version: int) -> None:
    folder = unpacked(tmp_path / "old", version)
    assert version_of(folder) == version
    with closing(Index(folder)) as index:
        question = EMBEDDER.embed_question("wool mulch lettuces").question
        assert len(index.search(question, 6)) == 6
        set_missing(index.catalog, "a", ["b"])
        assert quarantine(index.catalog) == ()
    assert version_of(folder) == SCHEMA_VERSION
    assert tables(folder) == tables(garden(tmp_path / "new"))
    assert state(folder).posts == {parsed.post.id: parsed for parsed in GARDEN}
    assert len(state(folder).chroma) == len(state(folder).texts) == 6
    assert all(finding.ok for finding in check(folder)), check(folder)


def test_what_posts_of_an_older_format_spell_out_is_noted(tmp_path: Path) -> None:
    spelled = [
        post(5, "Fair", section("0", (), "The Royal Garden Society (RGS).", "No (brackets).")),
        post(6, "Vote", section("0", (), "Ask the Royal Grain Store (RGS)."),
             section("1", ("Two",), "The Royal Grain Store (RGS) again.")),
    ]  # fmt: skip
    folder = garden(tmp_path)
    with write_index(folder, EMBEDDER.id) as writer:
        for one in spelled:
            put(writer, one, EMBEDDER)
        writer.finish()
    noted = acronyms_of(folder)
    assert ("RGS", "Royal Grain Store", "garden.example/6", "royal grain store", 2) in noted
    with closing(sqlite3.connect(folder / CATALOG)) as connection:
        connection.execute("DROP TABLE acronyms")
        connection.execute("PRAGMA user_version = 4")
    with closing(Index(folder)) as index:
        assert words_of(index.catalog, "RGS") == "Royal Grain Store"
    assert acronyms_of(folder) == noted
    with write_index(folder, EMBEDDER.id) as writer:
        remove_posts(writer.catalog, ["garden.example/6"])
        writer.finish()
        assert words_of(writer.catalog, "RGS") == "Royal Garden Society"
        assert letters_for(writer.catalog, ["royal grain store", "royal garden society"]) == ["RGS"]
        put(writer, post(5, "Fair", section("0", (), "Nothing.")), EMBEDDER)
        assert letters_for(writer.catalog, ["royal garden society"]) == []
    assert acronyms_of(folder) == []


def acronyms_of(folder: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / CATALOG)) as connection:
        return connection.execute(
            "SELECT letters, words, post_id, folded, times FROM acronyms ORDER BY 1, 2, 3"
        ).fetchall()


@pytest.mark.parametrize("version", FORMATS)
def test_an_index_of_every_format_can_be_written(tmp_path: Path, version: int) -> None:
    folder = unpacked(tmp_path, version)
    with write_index(folder, EMBEDDER.id) as writer:
        put(writer, post(9, "Bees", section("0", (), "Lavender draws bees.")), EMBEDDER)
        writer.finish()
    assert "garden.example/9" in state(folder).posts
    assert all(finding.ok for finding in check(folder)), check(folder)


@pytest.mark.parametrize("version", FORMATS)
def test_a_backup_of_every_format_can_be_restored(tmp_path: Path, version: int) -> None:
    folder = unpacked(tmp_path, version)
    assert restore(folder, tmp_path / "new") == 6
    assert version_of(folder) == version  # the backup itself stays as it was
    assert state(tmp_path / "new") == state(folder)


def test_two_processes_may_lead_an_old_index_up_at_once(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, 1)
    script = (
        "import sys; from pathlib import Path; from rag.index.index import Index;"
        f" sys.stdin.readline(); print(Index(Path({str(folder)!r})).status().posts)"
    )
    opening = [
        subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=same_path(),
        )
        for _ in range(3)
    ]  # fmt: skip
    assert [one.communicate("go\n")[0].strip() for one in opening] == ["3", "3", "3"]
    assert version_of(folder) == SCHEMA_VERSION


def test_nobody_leads_an_index_up_while_another_one_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.catalog.sqlite._UPGRADING", 0.2)
    folder = unpacked(tmp_path, 1)
    with locked(folder):
        with pytest.raises(IndexBusy, match="older format") as caught:
            Index(folder)
        assert version_of(folder) == 1
    assert "Wait" in caught.value.hint
    with closing(Index(folder)) as index:
        assert index.status().posts == 3
    assert version_of(folder) == SCHEMA_VERSION


def test_a_reader_waits_for_the_one_that_leads_up(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, 1)
    with ThreadPoolExecutor(1) as pool:
        with locked(folder):
            opening = pool.submit(Index, folder)
            with pytest.raises(TimeoutError):
                opening.result(0.3)
            assert version_of(folder) == 1
        with closing(opening.result(5)) as index:
            assert index.status().posts == 3


def test_an_index_of_a_newer_format_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    folder = garden(tmp_path)
    with closing(sqlite3.connect(folder / CATALOG)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(IndexMismatch, match="newer version"):
        Index(folder)
    with pytest.raises(IndexMismatch), write_index(folder, EMBEDDER.id):
        pass
    assert version_of(folder) == SCHEMA_VERSION + 1
