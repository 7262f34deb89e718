from __future__ import annotations

import io
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from index_state import state
from small_site import GARDEN, garden, post, put, same_path, section

from rag.catalog import read as catalog_read
from rag.catalog import write as catalog_write
from rag.embedding.embedder import HashEmbedder
from rag.errors import BackupInvalid, IndexMissing
from rag.index.backup import backup, restore
from rag.index.health import check
from rag.index.index import Index, write_index
from rag.place import CATALOG

EMBEDDER = HashEmbedder()


@pytest.mark.parametrize("name", ["garden.tar.gz", "garden.tgz", "a/folder/garden"])
def test_what_was_put_away_comes_back_as_it_was(tmp_path: Path, name: str) -> None:
    garden(tmp_path / "index")
    before = state(tmp_path / "index")
    assert backup(tmp_path / "index", tmp_path / name) > 1000
    assert restore(tmp_path / name, tmp_path / "other") == 6
    assert state(tmp_path / "other") == before
    assert all(finding.ok for finding in check(tmp_path / "other")), check(tmp_path / "other")


def test_a_backup_during_a_sync_holds_whole_posts(tmp_path: Path) -> None:
    garden(tmp_path / "index")
    with write_index(tmp_path / "index", EMBEDDER.id) as writer:
        put(writer, post(9, "Bees", section("0", (), "Lavender draws bees.")), EMBEDDER)
        with writer.catalog.writing():
            put(writer, post(10, "Half", section("0", (), "Not committed yet.")), EMBEDDER)
            other_process = "from ui.cli import app; app()"
            subprocess.run(
                [sys.executable, "-c", other_process, "backup", "b.tgz", "--index", "index"],
                cwd=tmp_path, check=True, env=same_path(), capture_output=True,
            )  # fmt: skip
        writer.finish()
    restore(tmp_path / "b.tgz", tmp_path / "other")
    assert set(state(tmp_path / "other").posts) == {
        *(parsed.post.id for parsed in GARDEN), "garden.example/9",
    }  # fmt: skip
    assert all(finding.ok for finding in check(tmp_path / "other"))


def test_a_backup_holds_nothing_that_was_deleted(tmp_path: Path) -> None:
    garden(tmp_path / "index")
    with write_index(tmp_path / "index", EMBEDDER.id) as writer:
        catalog_write.remove_posts(writer.catalog, ["garden.example/3"])
        writer.finish()
    backup(tmp_path / "index", tmp_path / "b")
    assert b"A heap keeps warm" not in (tmp_path / "b" / CATALOG).read_bytes()


def test_a_backup_is_never_written_over_anything(tmp_path: Path) -> None:
    garden(tmp_path / "index")
    (tmp_path / "there.tar.gz").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    for name in ("there.tar.gz", "full", "index/inside.tar.gz", "index"):
        with pytest.raises(BackupInvalid):
            backup(tmp_path / "index", tmp_path / name)
    assert (tmp_path / "there.tar.gz").read_text() == "mine"
    with pytest.raises(IndexMissing):
        backup(tmp_path / "nowhere", tmp_path / "b.tgz")
    assert not (tmp_path / "b.tgz").exists()


def test_restoring_never_writes_over_anything(tmp_path: Path) -> None:
    garden(tmp_path / "index")
    backup(tmp_path / "index", tmp_path / "b.tgz")
    before = state(tmp_path / "index")
    with pytest.raises(BackupInvalid, match="not empty"):
        restore(tmp_path / "b.tgz", tmp_path / "index")
    assert state(tmp_path / "index") == before
    (tmp_path / "empty").mkdir()
    assert restore(tmp_path / "b.tgz", tmp_path / "empty") == 6


def archive(file: Path, *members: tarfile.TarInfo, content: bytes = b"") -> Path:
    with tarfile.open(file, "w:gz") as opened:
        for member in members:
            member.size = len(content) if member.isreg() else 0
            opened.addfile(member, io.BytesIO(content))
    return file


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


def test_an_archive_that_is_no_backup_writes_nothing(tmp_path: Path) -> None:
    garden(tmp_path / "index")
    backup(tmp_path / "index", tmp_path / "b")
    content = (tmp_path / "b" / CATALOG).read_bytes()
    bad = [
        archive(tmp_path / "1.tgz", member("../../escaped"), content=content),
        archive(tmp_path / "2.tgz", member(CATALOG, tarfile.SYMTYPE, "/etc/passwd")),
        archive(tmp_path / "3.tgz", member(CATALOG, tarfile.LNKTYPE, "/etc/passwd")),
        archive(tmp_path / "4.tgz", member(CATALOG), member("more"), content=content),
        archive(tmp_path / "5.tgz", member(CATALOG), content=content[:5000]),
        archive(tmp_path / "6.tgz", member(CATALOG), content=b"no database" * 1000),
        archive(tmp_path / "7.tgz"),
        tmp_path / "missing.tgz",
        tmp_path / "8.tgz",
        tmp_path / "9.tgz",
        tmp_path / "folder",
    ]
    whole = archive(tmp_path / "whole.tgz", member(CATALOG), content=content).read_bytes()
    (tmp_path / "8.tgz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "9.tgz").write_text("no archive")
    (tmp_path / "folder").mkdir()
    before = {file.name for file in tmp_path.iterdir()}
    for source in bad:
        with pytest.raises(BackupInvalid):
            restore(source, tmp_path / "other")
    assert {file.name for file in tmp_path.iterdir()} == before
    assert restore(tmp_path / "whole.tgz", tmp_path / "other") == 6


def test_a_catalog_with_a_trigger_or_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    garden(tmp_path / "index")
    for name, statement in {
        "trigger": "CREATE TRIGGER t AFTER DELETE ON outbox BEGIN DELETE FROM posts; END",
        "newer": "PRAGMA user_version = 99",
    }.items():
        backup(tmp_path / "index", tmp_path / name)
        with closing(sqlite3.connect(tmp_path / name / CATALOG)) as connection:
            connection.execute(statement)
        with pytest.raises(BackupInvalid):
            restore(tmp_path / name, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_an_index_in_use_is_no_backup(tmp_path: Path) -> None:
    garden(tmp_path / "index")
    with write_index(tmp_path / "index", EMBEDDER.id) as writer:
        put(writer, GARDEN[0], EMBEDDER)
        with pytest.raises(BackupInvalid, match="in use"):
            restore(tmp_path / "index", tmp_path / "other")


def test_a_reader_takes_the_index_that_was_restored_under_its_name(tmp_path: Path) -> None:
    folder = garden(tmp_path / "index")
    backup(folder, tmp_path / "b.tgz")
    with write_index(folder, EMBEDDER.id) as writer:
        catalog_write.remove_posts(writer.catalog, ["garden.example/2"])
        writer.finish()
    question = EMBEDDER.embed_question("wool mulch lettuces").question
    index = Index(folder)

    def titles() -> set[str]:
        found = index.search(question, 6)
        return {p.post.title for p in catalog_read.passages(index.catalog, list(found)).values()}

    assert "Slugs without pellets" not in titles()
    folder.rename(tmp_path / "old")
    with pytest.raises(IndexMissing):
        titles()
    restore(tmp_path / "b.tgz", folder)
    assert "Slugs without pellets" in titles()
    shutil.rmtree(tmp_path / "old")
    assert "Slugs without pellets" in titles()
    index.close()
    assert all(finding.ok for finding in check(folder))
