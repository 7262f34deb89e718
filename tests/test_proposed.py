from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from small_site import post, put, section
from typer.testing import CliRunner

from eval.cases.cases import load_cases
from eval.cases.draft import Drafted
from eval.cases.gold import Gold
from eval.cases.proposed import COLUMNS, OPTIONAL, Proposed, accepted_lines, write_proposals
from rag.embedding.embedder import HashEmbedder
from rag.errors import SourceError
from rag.index.index import write_index
from rag.settings import load_settings
from rag.types import Turn
from ui.cli import app
from ui.commands.sample import ingest_sample

WOOL = Drafted("What about wool, and why?", "heading", "garden.example/2", "Results", "It “held”.")
FORMULA = Drafted("=1+1?", "sentence", "garden.example/1", "", "-5 degrees, he said, are\ntoo few.")


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    file = tmp_path / "proposals.csv"
    write_proposals([Proposed.of(WOOL), Proposed.of(FORMULA)], file)
    return file


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def changed(file: Path, *changes: dict[str, str]) -> Path:
    """With these cells, line by line, as a spreadsheet saves them."""
    found = [row | change for row, change in zip(rows(file), changes, strict=True)]
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, COLUMNS)
        writer.writeheader()
        writer.writerows(found)
    return file


def test_nothing_is_accepted_before_somebody_says_so(sheet: Path) -> None:
    assert [row["accept"] for row in rows(sheet)] == ["", ""]
    assert accepted_lines(sheet) == ()


def test_an_accepted_line_becomes_the_case_that_was_drafted(sheet: Path, tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    accept = changed(sheet, {"accept": "Yes"}, {"accept": "x"})
    cases.write_text("\n".join(accepted_lines(accept)), encoding="utf-8")
    wool, formula = load_cases(cases)
    assert (wool.question, wool.kind, wool.answerable) == (WOOL.question, "heading", True)
    assert wool.gold == (Gold("garden.example/2", "Results", "It “held”."),)
    assert formula.question == "=1+1?"
    assert formula.gold[0].quote == FORMULA.sentence
    assert wool.id != formula.id


def test_a_spreadsheet_is_shown_text_and_never_a_formula(sheet: Path) -> None:
    cells = [cell for row in rows(sheet) for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_what_a_person_changed_counts_and_so_does_that_there_is_no_answer(sheet: Path) -> None:
    first = {"accept": "y", "question": "Does beer help?", "answerable": "FALSE"}
    (line,) = accepted_lines(changed(sheet, first, {"accept": "no"}))
    assert '"question": "Does beer help?", "answerable": false, "gold": []' in line


def test_accepted_lines_of_one_id_are_sentences_of_one_case(sheet: Path) -> None:
    same = {"accept": "y", "id": "a", "kind": "reader", "question": "Does wool help?"}
    (line,) = accepted_lines(changed(sheet, same, same))
    quotes = [one["quote"] for one in json.loads(line)["gold"]]
    assert quotes == [WOOL.sentence, FORMULA.sentence]
    other = same | {"question": "Does beer help?"}
    with pytest.raises(SourceError, match=r"have the id .a. and do not say the same.*line"):
        accepted_lines(changed(sheet, same, other))


WANTED = {
    "accept": "y",
    "history": "Q: Which beds were there?\nA: Bare ones,\nand some with wool.\nq: And wool?",
    "answer": "It held.",
    "must_include": "three | 3; forty",
    "must_not_include": "copper; beer\nslugs",
}


def test_what_is_wanted_of_an_answer_stands_in_the_sheet(sheet: Path, tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    lines = accepted_lines(changed(sheet, WANTED, {}))
    cases.write_text("\n".join(lines), encoding="utf-8")
    (wool,) = load_cases(cases)
    assert wool.history == (
        Turn("Which beds were there?", "Bare ones,\nand some with wool."),
        Turn("And wool?"),
    )
    assert wool.must_include == (("three", "3"), ("forty",))
    assert (wool.must_not_include, wool.answer) == (("copper", "beer", "slugs"), "It held.")
    told = Proposed(
        wool.id, wool.kind, wool.question, wool.gold[0].post_id,
        wool.gold[0].heading, wool.gold[0].quote, history=wool.history,
        answer=wool.answer, must_include=wool.must_include, must_not_include=wool.must_not_include,
    )  # fmt: skip
    again = tmp_path / "again.csv"
    write_proposals([told], again)
    assert accepted_lines(changed(again, {"accept": "yes"})) == lines


def test_what_is_wanted_may_stand_in_any_line_of_an_id_and_only_once(sheet: Path) -> None:
    same = {"accept": "y", "id": "a", "kind": "reader", "question": "Does wool help?"}
    (line,) = accepted_lines(changed(sheet, same, same | {"must_include": "three"}))
    assert json.loads(line)["must_include"] == [["three"]]
    with pytest.raises(SourceError, match="do not say the same"):
        accepted_lines(changed(sheet, same | {"answer": "Yes."}, same | {"answer": "No."}))


def test_a_question_without_an_answer_has_nothing_that_must_be_said(sheet: Path) -> None:
    (line,) = accepted_lines(changed(sheet, WANTED | {"answerable": "no"}, {}))
    case = json.loads(line)
    assert "must_include" not in case
    assert case["must_not_include"] == ["copper", "beer", "slugs"]


@pytest.mark.parametrize("history", ["Which beds?", "A: Bare ones.", "Q: \nA: Bare ones."])
def test_turns_that_are_none_are_told_with_their_line(sheet: Path, history: str) -> None:
    with pytest.raises(SourceError, match=r"no turns under history.*line \d"):
        accepted_lines(changed(sheet, WANTED | {"history": history}, {}))


def test_a_sheet_without_the_columns_of_what_is_wanted_is_read(sheet: Path) -> None:
    found = [{name: row[name] for name in COLUMNS if name not in OPTIONAL} for row in rows(sheet)]
    with sheet.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(found[0]))
        writer.writeheader()
        writer.writerows([found[0] | {"accept": "yes"}, found[1]])
    (line,) = accepted_lines(sheet)
    assert set(json.loads(line)) == {"id", "kind", "question", "answerable", "gold"}


def test_what_a_sentence_tells_is_proposed_as_what_must_be_said() -> None:
    told = replace(WOOL, told="1918")
    assert Proposed.of(told).must_include == (("1918",),)
    assert Proposed.of(WOOL).must_include == ()


def test_a_sheet_that_is_not_ours_is_told(sheet: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"says 'perhaps' under accept.*line 2"):
        accepted_lines(changed(sheet, {"accept": "perhaps"}, {}))
    other = tmp_path / "other.csv"
    other.write_text("accept;question\n", encoding="utf-8")
    with pytest.raises(SourceError, match="no column 'accept'"):
        accepted_lines(other)


def test_from_an_index_to_checked_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    folder, sheet, cases = (tmp_path / name for name in ("index", "p.csv", "c.jsonl"))
    ingest_sample(load_settings(index=folder))
    typed = ["eval", "draft", str(folder), "--out", str(sheet), "--questions", "5"]
    drafted = CliRunner().invoke(app, typed)
    assert drafted.exit_code == 0, drafted.output
    assert "drafted by rules" in drafted.output
    assert f"pullquote eval accept {sheet}" in drafted.output
    found = rows(sheet)
    assert 2 < len(found) <= 5
    again = CliRunner().invoke(app, typed)
    assert again.exit_code == 1
    assert "is there already" in again.output
    nothing = CliRunner().invoke(app, ["eval", "accept", str(sheet), "--out", str(cases)])
    assert nothing.exit_code == 1
    assert not cases.exists()
    changed(sheet, *({"accept": "yes"} for _ in found))
    accepted = CliRunner().invoke(app, ["eval", "accept", str(sheet), "--out", str(cases)])
    assert accepted.exit_code == 0, accepted.output
    checked = CliRunner().invoke(app, ["eval", "check", str(cases), "--index", str(folder)])
    assert (checked.exit_code, checked.output) == (0, f"{len(found)} cases, no mistake.\n")


def test_posts_that_give_no_question_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    sheet, embedder = tmp_path / "p.csv", HashEmbedder()
    with write_index(tmp_path / "index", embedder.id) as writer:
        told = "They came every night and ate all that grew."
        put(writer, post(1, "Slugs", section("0", (), told)), embedder)
        writer.finish()
    typed = ["eval", "draft", str(tmp_path / "index"), "--out", str(sheet)]
    result = CliRunner().invoke(app, typed)
    assert result.exit_code == 1
    assert "give no question" in result.output
    assert not sheet.exists()
