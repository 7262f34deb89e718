from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_site import garden
from typer.testing import CliRunner, Result

from rag.index.index import Index
from ui.cli import app


@pytest.fixture(autouse=True)
def hash_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return garden(tmp_path / "index")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def two_lines(result: Result) -> list[str]:
    assert result.exit_code == 1, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 2, result.stderr
    return lines


def test_a_forgotten_post_is_named_and_backups_are_spoken_of(index: Path) -> None:
    result = run("forget", "https://garden.example/compost-in-winter/")
    first, second = result.stdout.splitlines()
    assert first.startswith("Forgotten: garden.example/3.")
    assert "Backups still hold it" in second
    opened = Index(index)
    assert opened.status().posts == 2
    opened.close()


@pytest.mark.parametrize("wanted", ["99", "no such post", "https://other.example/"])
def test_a_post_that_is_not_there_is_told_in_two_lines(index: Path, wanted: str) -> None:
    problem, hint = two_lines(run("forget", wanted))
    assert problem.startswith(f"Error: There is no post {wanted!r} in ")
    assert "WordPress number" in hint


@pytest.mark.usefixtures("index")
def test_a_backup_is_taken_and_restored() -> None:
    assert run("backup", "garden.tar.gz").stdout.startswith("Backup: garden.tar.gz, ")
    result = run("restore", "garden.tar.gz", "--index", "other")
    assert result.stdout == "Restored: other holds 6 passages.\n"
    said = run("ask", "Which bed had wool mulch?", "--index", "other").stdout
    assert "Slugs without pellets" in said


@pytest.mark.usefixtures("index")
def test_what_cannot_be_backed_up_or_restored_is_told_in_two_lines() -> None:
    assert two_lines(run("backup", "index/x.tar.gz"))[0].endswith("lies in the index itself.")
    assert two_lines(run("backup", "x.tar.gz", "--index", "nowhere"))[0].startswith("Error: There")
    assert two_lines(run("restore", "x.tar.gz", "--index", "other"))[0].endswith("x.tar.gz.")
    run("backup", "x.tar.gz")
    assert two_lines(run("restore", "x.tar.gz"))[0].endswith(" is not empty.")


def test_status_lists_what_could_not_be_read_and_why(tmp_path: Path) -> None:
    draft = {
        "id": 1, "type": "post", "status": "draft", "link": "https://garden.example/draft/",
        "title": {"rendered": "Draft"}, "content": {"rendered": "<p>Not yet.</p>"},
    }  # fmt: skip
    public = {**draft, "id": 2, "status": "publish", "link": "https://garden.example/bees/"}
    (tmp_path / "posts.json").write_text(json.dumps([draft, public]), encoding="utf-8")
    run("ingest", "posts.json")
    assert "Quarantine" not in run("status").stdout
    said = run("status", "--quarantine").stdout
    assert "Quarantine: 1 entry" in said
    assert "garden.example/1" in said
    assert "draft" in said.rpartition("Quarantine")[2]
    (tmp_path / "posts.json").write_text(json.dumps([public]), encoding="utf-8")
    run("ingest", "posts.json")
    assert "Quarantine: 0 entries" in run("status", "--quarantine").stdout
