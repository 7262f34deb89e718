from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from index_state import state
from small_site import GARDEN, garden, post, put, same_path, section
from typer.testing import CliRunner

from ingest.reembed import reembed
from rag.assistant import Assistant
from rag.catalog import read as catalog_read
from rag.embedding.embedder import HashEmbedder, ModelId, PassageText, PassageVectors
from rag.errors import IndexMismatch, IndexMissing
from rag.index.health import check
from rag.index.index import Index, write_index
from rag.index.search_home import leftovers
from rag.settings import Settings, load_settings
from ui.cli import app


class NarrowEmbedder(HashEmbedder):
    """Another model: other vectors, and a lower limit."""

    id = ModelId("narrow", "1", 256)
    max_tokens = 16

    def __init__(self) -> None:
        self.embedded = 0

    def embed_passages(self, texts: Sequence[PassageText]) -> list[PassageVectors]:
        self.embedded += len(texts)
        return [
            replace(one, passage=one.passage[::-1].copy()) for one in super().embed_passages(texts)
        ]


class StoppingEmbedder(NarrowEmbedder):
    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def embed_passages(self, texts: Sequence[PassageText]) -> list[PassageVectors]:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed_passages(texts)


def settings(folder: Path) -> Settings:
    return load_settings(index=folder, embedding_model="hash")


def of_the_narrow(folder: Path) -> Path:
    """The small site, ingested with the other model from the beginning."""
    with write_index(folder, NarrowEmbedder.id) as writer:
        for parsed in GARDEN:
            put(writer, parsed, NarrowEmbedder())
        writer.finish()
    return folder


def test_another_model_gives_what_an_ingest_with_it_would_have_given(tmp_path: Path) -> None:
    garden(tmp_path / "index")
    done = reembed(settings(tmp_path / "index"), embedder=NarrowEmbedder())
    assert (done.before, done.now) == ("hash@1/256/float32", "narrow@1/256/float32")
    assert done.posts == 3
    assert done.passages == done.embedded > 6
    assert state(tmp_path / "index") == state(of_the_narrow(tmp_path / "other"))
    assert all(finding.ok for finding in check(tmp_path / "index")), check(tmp_path / "index")
    with closing(Index(tmp_path / "index")) as index:
        question = NarrowEmbedder().embed_question("wool mulch lettuces")
        assert index.search(question.question, 1)
        found = catalog_read.passages(index.catalog, catalog_read.all_ids(index.catalog))
        assert max(passage.tokens for passage in found.values()) <= NarrowEmbedder.max_tokens


def test_the_same_model_again_does_nothing(tmp_path: Path) -> None:
    garden(tmp_path / "index")
    before = state(tmp_path / "index")
    assert reembed(settings(tmp_path / "index")).embedded == 0
    assert state(tmp_path / "index") == before


def test_a_sync_after_it_finds_nothing_to_do(tmp_path: Path) -> None:
    source = tmp_path / "posts.json"
    source.write_text(_REST, encoding="utf-8")
    from ingest.sync import sync

    sync([str(source)], settings(tmp_path / "index"))
    narrow = NarrowEmbedder()
    reembed(settings(tmp_path / "index"), embedder=narrow)
    report = sync([str(source)], settings(tmp_path / "index"), embedder=narrow)
    assert (report.unchanged, report.changed, report.embedded) == (1, 0, 0)


_REST = """[{"id": 5, "link": "https://garden.example/bees/", "status": "publish", "type": "post",
 "date_gmt": "2020-01-01T10:00:00", "modified_gmt": "2020-01-01T10:00:00",
 "title": {"rendered": "Bees"}, "content": {"rendered": "<p>Lavender draws bees.</p>"}}]"""


def test_there_must_be_an_index(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        reembed(settings(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()


def test_the_refusal_of_another_model_names_the_command(tmp_path: Path) -> None:
    garden(tmp_path / "index")
    with pytest.raises(IndexMismatch) as caught, write_index(tmp_path / "index", NarrowEmbedder.id):
        pass
    assert "`pullquote reembed narrow`" in caught.value.hint


def big_site(folder: Path) -> Path:
    """More than fits into one window."""
    with write_index(folder, HashEmbedder().id) as writer:
        for number in range(1, 60):
            sentences = [f"Bed {number} row {i} held plant {number * i} in May." for i in range(40)]
            put(
                writer, post(number, f"Post {number}", section("0", (), *sentences)), HashEmbedder()
            )
        writer.finish()
    return folder


_REEMBED = """
import sys
from pathlib import Path
from ingest.reembed import reembed
from test_reembed import StoppingEmbedder, settings
reembed(settings(Path(sys.argv[1])), embedder=StoppingEmbedder(int(sys.argv[2])))
"""


def test_a_kill_in_the_middle_leaves_the_old_model_and_the_next_run_goes_on(tmp_path: Path) -> None:
    before = state(big_site(tmp_path / "index"))
    killed = subprocess.run(
        [sys.executable, "-c", _REEMBED, str(tmp_path / "index"), "1"],
        env=same_path(), check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert state(tmp_path / "index") == before
    with closing(Index(tmp_path / "index")) as index:
        assert leftovers(index.catalog)
        assert index.search(HashEmbedder().embed_question("Bed 7 row 3").question, 1)
    narrow = NarrowEmbedder()
    done = reembed(settings(tmp_path / "index"), embedder=narrow)
    assert 0 < done.embedded < done.passages
    assert all(finding.ok for finding in check(tmp_path / "index")), check(tmp_path / "index")
    with write_index(tmp_path / "whole", narrow.id) as writer:
        for parsed in before.posts.values():
            put(writer, parsed, narrow)
        writer.finish()
    assert state(tmp_path / "index") == state(tmp_path / "whole")


def test_a_server_goes_on_answering_and_takes_the_new_model(tmp_path: Path) -> None:
    big_site(tmp_path / "index")
    reembed(settings(tmp_path / "index"), embedder=NarrowEmbedder())
    failed: list[Exception] = []
    models: list[str] = []
    stop = threading.Event()

    def ask(assistant: Assistant) -> None:
        while not stop.is_set():
            try:
                answer = assistant.ask("What held bed 7 in row 3?")
                assert answer.hits
                models.append(answer.provenance.embedder)
            except Exception as error:
                failed.append(error)
                return

    with Assistant(settings(tmp_path / "index"), embedder=NarrowEmbedder()) as assistant:
        asking = [threading.Thread(target=ask, args=(assistant,)) for _ in range(3)]
        for thread in asking:
            thread.start()
        subprocess.run(
            [sys.executable, "-c", "from ui.cli import app; app()", "reembed", "hash",
             "--index", str(tmp_path / "index")],
            env=same_path(), check=True, capture_output=True,
        )  # fmt: skip
        at_the_swap = len(models)
        while len(models) < at_the_swap + 10 and not failed:
            stop.wait(0.05)
        stop.set()
        for thread in asking:
            thread.join()
        assert failed == []
        assert (models[0], models[-1]) == ("narrow@1/256/float32", "hash@1/256/float32")
        assert (
            assistant.chain.invoke("What held bed 9?").provenance.embedder == "hash@1/256/float32"
        )
        assert assistant.retriever.invoke("What held bed 9?")


def test_the_command_says_what_to_set(tmp_path: Path) -> None:
    garden(tmp_path / "index")
    said = CliRunner().invoke(app, ["reembed", "hash", "--index", str(tmp_path / "index")])
    assert said.output == "Nothing to do: the index already has hash@1/256/float32.\n"
