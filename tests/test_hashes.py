"""What is said of input, settings and code below the tables that commands print."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
from small_site import garden

from eval.hashes import code_sha256, made_with_text, settings_sha256
from eval.short_answers import main as short_answers
from rag.index.index import Index
from rag.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
NOT_TABLES = {"doc_figures", "publish"}  # commands that print nothing that was measured


def test_the_line_has_the_hashes_of_files_settings_and_code(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text("{}\n", encoding="utf-8")
    settings = Settings(index=garden(tmp_path / "index"))
    line = made_with_text([file], settings)
    assert f"`one.jsonl` sha256 {hashlib.sha256(file.read_bytes()).hexdigest()[:12]}…; " in line
    assert f"; settings sha256 {settings_sha256(settings)[:12]}…; " in line
    assert f"; code sha256 {code_sha256()[:12]}…" in line
    assert "index" not in line
    with closing(Index(settings.place)) as index:
        told = made_with_text([file], settings, index=index)
        assert f"; index {index.status().index_id}, generation " in told
        assert "3 posts" in told
    assert "settings" not in made_with_text([file])


def test_a_file_that_weights_were_fitted_on_is_marked() -> None:
    folder = Path(str(files("eval.data")))
    line = made_with_text([folder / "blog_18f.jsonl", folder / "hostile.jsonl"])
    assert "`blog_18f.jsonl` (seen) sha256 " in line
    assert "`hostile.jsonl` sha256 " in line


def test_a_command_that_prints_a_table_prints_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "squad.json"
    answers = [{"text": "three", "answer_start": 9}]
    asked = {"question": "How many lost?", "answers": answers, "is_impossible": False, "id": "a"}
    article = {"title": "", "paragraphs": [{"context": "It lost: three.", "qas": [asked]}]}
    file.write_text(json.dumps({"data": [article]}), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["short_answers", str(file)])
    short_answers()
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert re.match(r"Made with `squad\.json` sha256 [0-9a-f]{12}…; code sha256 ", last)


@pytest.mark.parametrize("module", sorted((ROOT / "eval").glob("*.py")), ids=lambda one: one.stem)
def test_every_command_that_measures_says_what_it_was_made_with(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    if "\ndef main(" in text and module.stem not in NOT_TABLES:
        assert "made_with_text(" in text.partition("\ndef main(")[2]
