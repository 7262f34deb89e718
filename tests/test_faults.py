"""A full disk, a read-only folder, a second writer: told in two lines, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from index_state import state
from small_site import garden, post, put, same_path, section
from test_reembed import NarrowEmbedder
from typer.testing import CliRunner, Result

from rag.catalog import read as catalog_read
from rag.embedding.embedder import HashEmbedder
from rag.errors import IndexUnwritable
from rag.index.health import check
from rag.index.index import Index, write_index
from ui.cli import app

EMBEDDER = HashEmbedder()


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A disk of its own, in memory; only root may make one."""
    folder.mkdir()
    options = ["-o", f"size={kilobytes}k"]
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remount(folder: Path, option: str) -> None:
    command = ["mount", "-o", f"remount,{option}", str(folder)]
    for _ in range(100):  # Chroma closes its files a moment after it was told to
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if "busy" not in done.stderr:
            break
        time.sleep(0.1)
    assert done.returncode == 0, done.stderr


def long_post(number: int) -> object:
    words = ". ".join(
        f"Sentence {i} of post {number} is about frost{i} and soil" for i in range(90)
    )
    return post(number, f"Post {number}", section("0", (), f"{words}."))


def write_posts(folder: Path, first: int, last: int) -> None:
    with write_index(folder, EMBEDDER.id) as writer:
        for number in range(first, last):
            put(writer, long_post(number), EMBEDDER, limit=60)  # type: ignore[arg-type]
            if number % 3 == 0:
                writer.flush()
        writer.finish()


@pytest.mark.parametrize(
    "kilobytes",
    [1500, *(pytest.param(size, marks=pytest.mark.slow) for size in (1200, 2000, 3000))],
)
def test_a_full_disk_is_told_and_the_next_run_ends_as_an_undisturbed_one(
    tmp_path: Path, kilobytes: int
) -> None:
    with small_disk(tmp_path / "disk", kilobytes) as disk:
        index = disk / "index"
        garden(index)
        with pytest.raises(IndexUnwritable) as caught:
            write_posts(index, 10, 60)
        assert "full" in caught.value.problem
        remount(disk, "size=200m")
        opened = Index(index)  # whole posts, each of which is found
        for one in opened.posts():
            (*_, text) = opened.sections(one.id)
            assert opened.search(EMBEDDER.embed_question(text.text[:200]).question, 1)
        opened.close()
        write_posts(index, 10, 60)
        assert all(finding.ok for finding in check(index)), check(index)
        garden(tmp_path / "undisturbed")
        write_posts(tmp_path / "undisturbed", 10, 60)
        assert state(index) == state(tmp_path / "undisturbed")


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 50_000) as disk:
        garden(disk / "index")
        before = state(disk / "index")
        remount(disk, "ro")
        with pytest.raises(IndexUnwritable) as caught:
            write_posts(disk / "index", 10, 11)
        assert "cannot be written" in caught.value.problem
        result = run("forget", "garden.example/1", "--index", str(disk / "index"))
        assert two_lines(result)[0].startswith("Error: The folder ")
        remount(disk, "rw")
        assert state(disk / "index") == before


_WORK = {
    "ingest": ["ingest", "posts.json"],
    "forget": ["forget", "12"],
    "forget --undo": ["forget", "--undo", "garden.example/99"],
    "doctor --repair": ["doctor", "--repair"],
    "reembed": ["reembed", "hash"],
}


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is made with another model than the commands name only for `reembed`."""
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    monkeypatch.chdir(tmp_path)
    one = {
        "id": 3, "type": "post", "status": "publish", "link": "https://garden.example/bees/",
        "title": {"rendered": "Bees"}, "content": {"rendered": "<p>Lavender draws bees.</p>"},
    }  # fmt: skip
    Path("posts.json").write_text(json.dumps([one]), encoding="utf-8")


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize("command", _WORK.values(), ids=_WORK)
def test_every_writing_command_tells_of_a_folder_that_may_not_be_written(
    tmp_path: Path, command: list[str]
) -> None:
    with small_disk(tmp_path / "disk", 50_000) as disk:
        garden(disk / "index")
        before = state(disk / "index")
        remount(disk, "ro")
        problem, _ = two_lines(run(*command, "--index", "disk/index"))
        assert problem == "Error: The folder disk/index cannot be written."
        remount(disk, "rw")
        assert state(disk / "index") == before


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize("name", ["forget", "doctor --repair", "reembed", "backup", "restore"])
def test_what_is_made_beside_the_index_leaves_it_when_the_disk_is_full(
    tmp_path: Path, name: str
) -> None:
    """And does its work once there is room; a reader finds everything in between."""
    with small_disk(tmp_path / "disk", 50_000) as disk:
        index = disk / "index"
        embedder = NarrowEmbedder() if name == "reembed" else EMBEDDER
        with write_index(index, embedder.id) as writer:
            for number in range(10, 40):
                put(writer, long_post(number), embedder)  # type: ignore[arg-type]
            writer.finish()
        command = {
            **_WORK,
            "backup": ["backup", "disk/copy.tar.gz"],
            "restore": ["restore", "copy.tar.gz"],
        }[name]
        if name == "restore":
            run("backup", "copy.tar.gz", "--index", "disk/index")
        used = sum(file.stat().st_size for file in index.rglob("*") if file.is_file())
        target = "disk/other" if name == "restore" else "disk/index"
        before = state(index)
        spare = 700 if name == "forget" else 150  # enough to take the post out, and for no more
        remount(disk, f"size={used // 1024 + spare}k")
        problem, hint = two_lines(run(*command, "--index", target))
        assert "is full" in problem or (name == "restore" and "has free" in problem)
        assert "Make room" in hint
        with closing(Index(index)) as opened:
            question = embedder.embed_question("frost7 and soil of post 12").question
            assert len(opened.search(question, 5)) == 5
        assert not (disk / "copy.tar.gz").exists()
        assert not (disk / "other").exists()
        remount(disk, "size=50000k")
        if name == "forget":  # the post is out already, and its text waits to be erased
            assert "doctor --repair" in hint
            command = _WORK["doctor --repair"]
        else:
            assert state(index) == before
        done = run(*command, "--index", target)
        assert isinstance(done.exception, SystemExit | None)
        assert not done.stderr.startswith("Error")
        wrong = [one for one in check(index) if not one.ok]
        assert not wrong, wrong
        with closing(Index(index)) as opened:
            assert opened.status().posts == (29 if name == "forget" else 30)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write_is_told(tmp_path: Path) -> None:
    garden(tmp_path / "index")
    (tmp_path / "index").chmod(0o555)
    try:
        with pytest.raises(IndexUnwritable):
            write_posts(tmp_path / "index", 10, 11)
    finally:
        (tmp_path / "index").chmod(0o755)


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize("command", _WORK.values(), ids=_WORK)
def test_every_writing_command_waits_for_the_one_writer(tmp_path: Path, command: list[str]) -> None:
    garden(tmp_path / "index")
    before = state(tmp_path / "index")
    with write_index(tmp_path / "index", EMBEDDER.id):
        said = subprocess.run(
            [sys.executable, "-c", "from ui.cli import app; app()", *command, "--index", "index"],
            cwd=tmp_path, env=same_path(), capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert said.returncode == 1
    problem, hint = said.stderr.strip().splitlines()
    assert problem.startswith("Error: Another process is writing to")
    assert hint.startswith("Wait")
    assert state(tmp_path / "index") == before


def test_a_reader_is_not_disturbed_by_a_write_that_is_under_way(tmp_path: Path) -> None:
    garden(tmp_path / "index")
    index = Index(tmp_path / "index")
    question = EMBEDDER.embed_question("wool mulch lettuces").question
    before = index.search(question, 6)
    with write_index(tmp_path / "index", EMBEDDER.id) as writer, writer.catalog.writing():
        changed = post(2, "Frogs", section("0", (), "A pond helps."))
        put(writer, changed, EMBEDDER)
        reader = Index(tmp_path / "index")  # a connection of its own sees what is committed
        assert reader.search(question, 6) == before
        reader.close()
        script = f"{_LOOK}look({str(tmp_path / 'index')!r})"
        seen = subprocess.run(
            [sys.executable, "-c", script], env=same_path(), capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        assert seen.stdout.split() == sorted(before)
    index.close()
    with_it = Index(tmp_path / "index")
    found = with_it.search(EMBEDDER.embed_question("pond helps frogs").question, 1)
    passages = catalog_read.passages(with_it.catalog, list(found))
    assert next(iter(passages.values())).post.title == "Frogs"
    with_it.close()


_LOOK = """
from pathlib import Path
from rag.embedding.embedder import HashEmbedder
from rag.index.index import Index
def look(folder):
    question = HashEmbedder().embed_question("wool mulch lettuces").question
    print(*sorted(Index(Path(folder)).search(question, 6)))
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def two_lines(result: Result) -> list[str]:
    assert result.exit_code == 1, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 2, result.stderr
    return lines
