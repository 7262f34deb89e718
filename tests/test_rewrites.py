from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests_shared import SHARED, needs_shared

from eval.bootstrap import Estimate
from eval.rewrites import (
    Rewriting,
    grade_rewrites,
    left_alone_elsewhere,
    load_questions,
    load_rewritings,
    rewrites_text,
)
from rag.errors import SourceError
from rag.types import Turn


def value(figure: Estimate | None) -> float:
    assert figure
    return figure.value


def test_a_file_is_read_with_its_title_as_the_first_turn(tmp_path: Path) -> None:
    file = tmp_path / "rewritings.json"
    line = {"History": ["Mulch", "Wool", "What is it?", "Sheep's hair.", "Why?"],
            "Question": "Since when?", "Rewrite": "Since when is wool used?"}  # fmt: skip
    file.write_text(json.dumps([line]))
    (one,) = load_rewritings(file)
    assert one.history == (
        Turn("Mulch Wool"), Turn("What is it?", "Sheep's hair."), Turn("Why?", ""),
    )  # fmt: skip


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rewritings.json"
    file.write_text('[{"Question": "Why?"}]')
    with pytest.raises(SourceError, match="no list of rewritings"):
        load_rewritings(file)
    with pytest.raises(SourceError, match="cannot be read"):
        load_rewritings(tmp_path / "nothing.json")


def test_figures_count_new_words() -> None:
    history = (Turn("Who is Ines Moreau?"),)
    complete = "How did the bare bed compare with the Bed of wool mulch?"
    figures = grade_rewrites(
        [
            # Ours adds Ines Moreau; the person added Ines and her garden.
            Rewriting("Where does she live?", history, "Where does Ines live in her garden?"),
            Rewriting("When is the Valley Fair held in Brandham?", history,
                      "When does Ines hold the Valley Fair in Brandham?"),
            Rewriting(complete, history, complete),
        ],
        turns=4,
    )  # fmt: skip
    found, alone = figures.found, figures.left_alone
    assert found
    assert alone
    assert (found.n, alone.n) == (2, 1)
    assert (found.value, found.low, found.high) == ((1 / 2 + 0) / 2, 0, 1 / 2)
    assert [value(one) for one in (figures.right, figures.rewritten, alone, figures.added)] == [
        0.5, 0.5, 1.0, 2.0,
    ]  # fmt: skip
    told = rewrites_text(figures, {"questions.tsv": None})
    assert "| of people's new words, found" in told
    assert "| 0.250 [0.000, 0.500] |" in told
    assert "| left alone, of questions.tsv behind a dialogue" in told
    # "Where does Ines live in her garden?" points back where no word but her name says whom.
    assert value(figures.alone_elsewhere) == 2 / 3


def test_complete_questions_are_put_behind_the_conversation_of_another_dialogue(
    tmp_path: Path,
) -> None:
    table = tmp_path / "questions.tsv"
    table.write_text("id\tquestion\n1\twhat is a polder\n2\twhere was he born\n", encoding="utf-8")
    questions = load_questions(table)
    assert questions == ("what is a polder", "where was he born")
    about = [Rewriting("Why?", (Turn("Who is Ines Moreau?"),), "Why?")] * 2
    assert value(left_alone_elsewhere(questions, about, turns=4)) == 0.5
    table.write_text("id\ttext\n1\tx\n", encoding="utf-8")
    with pytest.raises(SourceError, match="has no questions"):
        load_questions(table)


@needs_shared
def test_half_of_what_people_add_is_found() -> None:
    rewritings = load_rewritings(SHARED / "data" / "canard" / "dev.json")[:500]
    figures = grade_rewrites(rewritings, turns=8)
    assert value(figures.found) > 0.45
    assert value(figures.right) > 0.35
    assert value(figures.left_alone) > 0.7
    assert value(figures.alone_elsewhere) > 0.8
