"""A catalog that is damaged: every command says so in two lines, and leaves the index as it is."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from index_state import state
from small_site import post, put, section
from typer.testing import CliRunner, Result

from ingest.last_sync import FILE as LAST_SYNC
from rag.catalog.schema import SCHEMA_VERSION
from rag.embedding.embedder import HashEmbedder
from rag.errors import IndexDamaged
from rag.index.health import repair
from rag.index.index import Index, write_index
from rag.place import CATALOG
from ui.cli import app
from ui.ports import free_port

EMBEDDER = HashEmbedder()


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources, questions and the index lie in the working folder."""
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    monkeypatch.chdir(tmp_path)
    one = {
        "id": 3, "type": "post", "status": "publish", "link": "https://garden.example/bees/",
        "title": {"rendered": "Bees"}, "content": {"rendered": "<p>Lavender draws bees.</p>"},
    }  # fmt: skip
    Path("posts.json").write_text(json.dumps([one]), encoding="utf-8")
    Path("questions.jsonl").write_text('{"question": "What is at the frost?"}\n', encoding="utf-8")
    with write_index(Path("index"), EMBEDDER.id) as writer:
        for number in range(1, 40):
            words = ". ".join(f"Row {i} of bed {number} has soil and frost" for i in range(9))
            put(writer, post(number, f"Post {number}", section("0", (), f"{words}.")), EMBEDDER)
        writer.finish()


def overwritten(catalog: Path) -> None:
    """All but its beginning, so that nothing can be asked that would not meet the damage."""
    content = catalog.read_bytes()
    whole = 4096 * 2
    catalog.write_bytes(content[:whole] + b"\xa5" * (len(content) - whole))


def cut(catalog: Path) -> None:
    content = catalog.read_bytes()
    catalog.write_bytes(content[: len(content) // 3])


def emptied(catalog: Path) -> None:
    catalog.write_bytes(b"")


def replaced(catalog: Path) -> None:
    catalog.write_bytes(b"What somebody saved under this name.\n" * 400)


def headless(catalog: Path) -> None:
    catalog.write_bytes(catalog.read_bytes()[:100])


def without_tables(catalog: Path) -> None:
    catalog.unlink()
    with closing(sqlite3.connect(catalog)) as connection:
        connection.execute("CREATE TABLE other (a)")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


DAMAGES = [overwritten, cut, emptied, replaced, headless, without_tables]
COMMANDS = {
    "ask": ["ask", "What is at the frost?"],
    "ask --input": ["ask", "--input", "questions.jsonl", "--output", "answers.jsonl"],
    "status": ["status"],
    "ingest": ["ingest", "posts.json"],
    "doctor --repair": ["doctor", "--repair"],
    "forget": ["forget", "3"],
    "backup": ["backup", "copy.tar.gz"],
    "reembed": ["reembed", "hash"],
    "serve": ["serve", "--port", "0"],
}


def run(command: list[str]) -> Result:
    if command[0] == "serve":
        command = ["serve", "--port", str(free_port("127.0.0.1", 7860))]
    return CliRunner().invoke(app, command)


def files(folder: Path = Path("index")) -> dict[str, bytes]:
    """But the lock, what is said of a sync that failed, and the journal that SQLite makes and
    leaves empty beside a damaged file."""
    found = {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert not found.pop(str(folder / f"{CATALOG}-wal"), b"")
    passing = ("writer.lock", LAST_SYNC, f"{CATALOG}-shm")
    return {name: found[name] for name in found if not Path(name).name.startswith(passing)}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_every_command_says_so_and_leaves_the_index_as_it_is(
    damage: Callable[[Path], None], command: list[str]
) -> None:
    damage(Path("index") / CATALOG)
    before = files()
    result = run(command)
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    problem, hint = result.stderr.strip().splitlines()
    assert problem.startswith("Error: The catalog in index is damaged: ")
    assert "pullquote restore" in hint
    assert files() == before
    assert not Path("copy.tar.gz").exists()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_the_doctor_says_so_among_its_findings(damage: Callable[[Path], None]) -> None:
    damage(Path("index") / CATALOG)
    before = files()
    result = run(["doctor"])
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    wrong = [i for i, line in enumerate(lines) if line.startswith("WRONG") and "catalog" in line]
    assert wrong, result.stdout
    assert "pullquote restore" in lines[wrong[0] + 1]
    assert files() == before


def test_a_repair_leaves_chroma_where_the_catalog_is_damaged_beside_what_it_reads() -> None:
    """A table that a rebuild never looks at: it would have ended well, in a damaged index."""
    catalog = Path("index") / CATALOG
    with closing(sqlite3.connect(catalog)) as connection:
        pages = "SELECT rootpage FROM sqlite_master WHERE name = 'posts_published'"
        (page,) = connection.execute(pages).fetchone()
    with catalog.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(4096))
    before = files()
    with pytest.raises(IndexDamaged):
        repair(Path("index"))
    assert files() == before


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_journal_of_rubbish_counts_as_none(command: list[str]) -> None:
    """As SQLite has it: what is not a whole transaction in the journal was never committed."""
    before = state(Path("index"))
    journal = Path("index") / f"{CATALOG}-wal"
    journal.write_bytes(random.Random(1).randbytes(50_000))
    if command[0] != "serve":  # which would not end
        result = run(command)
        assert result.exit_code == 0, result.output
    with closing(Index(Path("index"))) as index:
        assert index.search(EMBEDDER.embed_question("Row 2 of bed 9").question, 1)
    if command[0] not in ("ingest", "forget"):
        assert state(Path("index")) == before


@pytest.mark.parametrize("seed", range(12))
def test_damage_anywhere_is_an_error_in_two_lines_or_does_not_matter(seed: int) -> None:
    """Some bytes somewhere: readers may never meet them, but what writes must have looked."""
    chance = random.Random(seed)
    catalog = Path("index") / CATALOG
    content = bytearray(catalog.read_bytes())
    for _ in range(chance.choice([1, 3, 9])):
        length = chance.choice([1, 16, 300, 5000])
        at = chance.randrange(100, len(content) - length)
        content[at : at + length] = chance.randbytes(length)
    for name, command in COMMANDS.items():
        if name == "serve":
            continue
        catalog.write_bytes(bytes(content))
        for beside in (f"{CATALOG}-wal", f"{CATALOG}-shm"):
            (Path("index") / beside).unlink(missing_ok=True)
        Path("answers.jsonl").unlink(missing_ok=True)
        Path("copy.tar.gz").unlink(missing_ok=True)
        result = run(command)
        if result.exit_code == 0:
            continue
        assert isinstance(result.exception, SystemExit), (name, result.exception)
        assert len(result.stderr.strip().splitlines()) == 2, (name, result.stderr)
        if "damaged" in result.stderr:
            assert catalog.read_bytes() == content, name
