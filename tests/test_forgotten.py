"""What was forgotten stays out until it is let back."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from small_site import garden
from typer.testing import CliRunner, Result

from rag.catalog.catalog import Catalog
from rag.catalog.forgotten import forgotten
from rag.catalog.sources import quarantine
from rag.errors import PostUnknown
from rag.index.backup import backup, restore
from rag.index.forget import forget, let_back
from rag.index.index import Index
from ui.cli import app


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    monkeypatch.chdir(tmp_path)
    save(*(entry(number) for number in range(1, 6)))


def entry(number: int, status: str = "publish") -> dict[str, object]:
    return {
        "id": number, "type": "post", "status": status,
        "link": f"https://garden.example/post-{number}/", "title": {"rendered": f"Post {number}"},
        "content": {"rendered": f"<p>Bed {number} was empty.</p>"},
    }  # fmt: skip


def save(*entries: dict[str, object]) -> None:
    Path("posts.json").write_text(json.dumps(entries), encoding="utf-8")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def ids(folder: str = "index") -> list[str]:
    with closing(Index(Path(folder))) as index:
        return sorted(post.id.rpartition("/")[2] for post in index.posts())


def test_a_sync_leaves_it_out_and_says_so_until_it_is_let_back() -> None:
    run("ingest", "posts.json")
    assert run("forget", "3").exit_code == 0
    for dry in ((), ("--dry-run",)):
        said = run("ingest", "posts.json", *dry).stdout
        assert "0 added" in said
        assert "Forgotten, so left out" in said
        assert "1 (garden.example/3)" in said
    assert ids() == ["1", "2", "4", "5"]
    said = run("forget", "--undo", "garden.example/3").stdout
    assert said.startswith("No longer left out: garden.example/3.")
    said = run("ingest", "posts.json").stdout
    assert "1 added" in said
    assert "Forgotten" not in said
    assert ids() == ["1", "2", "3", "4", "5"]


def test_what_never_was_forgotten_cannot_be_let_back() -> None:
    run("ingest", "posts.json")
    with pytest.raises(PostUnknown):
        let_back(Path("index"), "garden.example/3")
    result = run("forget", "--undo", "3")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == "Error: No post '3' was forgotten in index."


def test_nothing_is_noted_of_it_when_its_source_calls_it_private() -> None:
    """As is done with other private posts, whose ids and places stand in the quarantine."""
    run("ingest", "posts.json")
    forget(Path("index"), "garden.example/3")
    save(entry(1), entry(2), entry(3, "private"), entry(4), entry(5, "private"))
    run("ingest", "posts.json")
    with closing(Catalog(Path("index"))) as catalog:
        assert [one.post_id for one in quarantine(catalog)] == ["garden.example/5"]
    assert b"garden.example/3" not in b"".join(
        file.read_bytes() for file in Path("index").rglob("*") if file.is_file()
    )


def test_a_backup_remembers_it() -> None:
    run("ingest", "posts.json")
    forget(Path("index"), "garden.example/3")
    backup(Path("index"), Path("copy.tar.gz"))
    restore(Path("copy.tar.gz"), Path("other"))
    run("ingest", "posts.json", "--index", "other")
    assert ids("other") == ["1", "2", "4", "5"]


def test_two_indexes_do_not_show_that_they_forgot_the_same() -> None:
    found = []
    for name in ("one", "two"):
        folder = garden(Path(name))
        forget(folder, "garden.example/3")
        with closing(Catalog(folder)) as catalog:
            left = forgotten(catalog)
        assert "garden.example/3" in left
        assert "garden.example/2" not in left
        assert len(left) == 1
        found.append(left.digests)
    assert found[0] != found[1]
