"""Questions that are refused for a name that no post mentions, counted."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from small_site import garden

from eval import unknown_names
from eval.unknown_names import Named, names_text, squad
from rag.assistant import Assistant
from rag.embedding.embedder import HashEmbedder
from rag.settings import Settings
from rag.types import Turn

SQUAD = {
    "paras": [
        {"title": "Garden_beds", "text": "Ines Moreau grew tomatoes. The beds were built in Oslo."},
        {"title": "Slugs", "text": "Slugs eat lettuce. Wool keeps slugs out of the beds."},
        {"title": "Garden_beds", "text": "Tom Baker built the beds."},
    ],
    "qs": [
        {"q": "Who grew tomatoes?", "p": 0, "imp": False, "ans": "Ines Moreau"},
        {"q": "What did Ines Moreau tell Zaphod?", "p": 0, "imp": True, "ans": ""},
        {"q": "When did Zaphod build the beds?", "p": 2, "imp": False, "ans": "Tom Baker"},
        {"q": "Is it known whether this is answered?", "p": 1, "imp": False, "ans": ""},
    ],
}


def test_the_rule_is_asked_of_each_question_with_its_turns(tmp_path: Path) -> None:
    settings = Settings(index=garden(tmp_path / "index"), embedding_model="hash")
    turns = (Turn("Who is Zaphod?", ""),)
    with Assistant(settings, embedder=HashEmbedder()) as assistant:
        found = unknown_names.unknown_names(
            assistant,
            [("Who is Zaphod Beeblebrox?", (), False), ("When are tomatoes sown?", turns, True)],
        )
    assert [(one.answerable, bool(one.unknown)) for one in found] == [(False, True), (True, False)]
    assert "Zaphod" in found[0].unknown[0]


def test_those_with_an_answer_are_listed_and_both_have_intervals() -> None:
    found = [Named("Who is Ann?", True, ("Ann",)), Named("Who is Bo?", True, ())]
    text = names_text("garden", [*found, Named("Who is Cy?", False, ("Cy",))])
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line[:1] == "|"}
    assert "|  2 |       1 | 0.500 [0.000, 1.000] |" in rows["garden, with an answer"]
    assert "|  1 |       1 | 1.000 [0.207, 1.000] |" in rows["garden, without one"]
    assert "- Who is Ann? (Ann)" in text
    assert "Cy" not in text


def test_articles_are_posts_and_what_is_not_known_is_not_asked(tmp_path: Path) -> None:
    file = tmp_path / "dev.json"
    file.write_text(json.dumps(SQUAD), encoding="utf-8")
    posts, asked = squad(file)
    assert [one.title for one in posts] == ["Garden beds", "Slugs"]
    assert "Tom Baker" in posts[0].sections[0].text
    assert [(question, answerable) for question, _, answerable in asked] == [
        ("Who grew tomatoes?", True),
        ("What did Ines Moreau tell Zaphod?", False),
        ("When did Zaphod build the beds?", True),
    ]


def test_the_command_prints_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "dev.json"
    file.write_text(json.dumps(SQUAD), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["unknown_names", "--squad", str(file)])
    unknown_names.main()
    said = capsys.readouterr().out
    assert "- When did Zaphod build the beds? (Zaphod)" in said
    assert "`dev.json` sha256 " in said
    monkeypatch.setattr(sys, "argv", ["unknown_names", "--cases", str(file)])
    with pytest.raises(SystemExit):
        unknown_names.main()
    assert "name --index with --cases" in capsys.readouterr().err
