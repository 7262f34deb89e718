"""What a command imports: a question alone waits for nothing that it does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from small_site import GARDEN, garden, put, same_path

from rag.index.index import write_index

_RUN = """
import sys
from ui.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print("modules:", *sorted({name.partition(".")[0] for name in sys.modules}))
"""
SLOW = {
    "chromadb", "gradio", "huggingface_hub", "langchain", "langchain_core", "langgraph", "lxml",
    "onnxruntime", "pandas", "scipy", "sentence_transformers", "sklearn", "torch", "transformers",
    "uvicorn",
}  # fmt: skip
ASKED = "When should I sow tomatoes indoors?"


def run(*arguments: str, **settings: str) -> tuple[str, set[str]]:
    """What a command prints, and the packages that it has imported at its end."""
    environment = {f"PULLQUOTE_{name.upper()}": value for name, value in settings.items()}
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *arguments],
        env={**same_path(), **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    said, _, modules = done.stdout.rpartition("modules:")
    return said, set(modules.split())


def test_asking_imports_no_chroma(tmp_path: Path) -> None:
    folder = str(garden(tmp_path / "index"))
    said, modules = run("ask", ASKED, "--index", folder, embedding_model="hash")
    assert said
    assert "numpy" in modules
    assert not SLOW & modules


@pytest.mark.model
def test_one_question_of_the_bundled_model_imports_neither_torch_nor_chroma(
    tmp_path: Path,
) -> None:
    from rag.embedding.with_numpy import NumpyEmbedder

    embedder = NumpyEmbedder()
    with write_index(tmp_path, embedder.id) as writer:
        for parsed in GARDEN:
            put(writer, parsed, embedder)
        writer.finish()
    said, modules = run("ask", ASKED, "--json", "--index", str(tmp_path))
    assert "six weeks before the last frost" in said
    assert '"reader@' in said  # it has read the passages
    assert "/float32" in said
    assert not SLOW & modules


def test_what_reads_without_torch_imports_no_torch() -> None:
    code = "import sys, rag.checking.with_numpy, rag.reading.with_numpy; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=same_path(), capture_output=True, text=True, check=True
    )
    assert not SLOW & set(done.stdout.split())


@pytest.mark.model
def test_a_server_on_a_processor_waits_for_torch_and_not_for_transformers() -> None:
    code = """
import sys
from rag.backends import load_embedder
from rag.reading.with_torch import ModelReader
from rag.settings import load_settings
embedder = load_embedder(load_settings(embedding_backend="torch", embedding_device="cpu"))
embedder.embed_question("When should I sow?")
ModelReader()
print(*{name.partition(".")[0] for name in sys.modules})
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=same_path(), capture_output=True, text=True, check=True
    )
    imported = set(done.stdout.split())
    assert "torch" in imported
    assert not (SLOW - {"torch"}) & imported


@pytest.mark.parametrize("command", ["--help", "--version", "status", "key"])
def test_a_command_that_computes_nothing_imports_nothing_slow(command: str, tmp_path: Path) -> None:
    index = ["--index", str(garden(tmp_path / "index"))] if command == "status" else []
    more = ["--help"] if command == "key" else []
    said, modules = run(command, *index, *more)
    assert said
    assert not SLOW & modules
    if command != "status":
        assert "numpy" not in modules


def test_what_grades_and_compares_imports_nothing_slow() -> None:
    code = "import sys, eval.run, eval.compare, eval.report.as_html; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=same_path(), capture_output=True, text=True, check=True
    )
    assert not SLOW & set(done.stdout.split())
