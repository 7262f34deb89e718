"""Two people judge sentences; how far they agree, and what a judge is worth beside them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from eval_parts import COPPER, SOW, WOOL, answer, case, cited
from sklearn.metrics import cohen_kappa_score
from small_site import garden
from typer.testing import CliRunner, Result

from eval.judging.by_name import NamedJudge
from eval.judging.figures import interval, kappa
from eval.judging.review import COLUMNS, Labels, Said, read_labels, sentences, write_sheets
from eval.judging.review_figures import (
    gold_judge,
    reviewed,
    reviews_json,
    reviews_text,
    support_judge,
)
from rag.errors import SourceError
from rag.record import AnswerRecord, CitationRecord, SentenceRecord
from ui.cli import app


def said(text: str, *citations: CitationRecord) -> SentenceRecord:
    return SentenceRecord(text=text, basis="supported", support=0.5, citations=citations)


def two(number: int) -> AnswerRecord:
    """An answer of a sentence with a citation and one without."""
    whole = answer(f"c{number}", cited(WOOL))
    return whole.model_copy(
        update={"sentences": (said(f"Wool {number}.", cited(WOOL)), said("=Well.")),}
    )  # fmt: skip


RECORDS = [*map(two, range(6)), answer("none")]


def filled(file: Path, **columns: dict[str, str]) -> Path:
    """With these labels, as a spreadsheet saves them."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, COLUMNS)
        writer.writeheader()
        for row in rows:
            own = {name: by[row["id"]] for name, by in columns.items() if row["id"] in by}
            writer.writerow(row | own)
    return file


def people(*labels: dict[str, bool]) -> list[Labels]:
    return [Labels(Path("x"), {"supported": one, "answers": one}) for one in labels]


def test_both_sheets_hold_the_same_whole_answers(tmp_path: Path) -> None:
    assert write_sheets(RECORDS, tmp_path / "a", questions=3) == 6
    first, second = ((tmp_path / "a" / name).read_bytes() for name in ("first.csv", "second.csv"))
    assert first == second
    write_sheets(RECORDS, tmp_path / "b", questions=3)
    assert (tmp_path / "b" / "first.csv").read_bytes() == first
    with (tmp_path / "a" / "first.csv").open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert len({row["id"].partition("#")[0] for row in rows}) == 3
    assert rows[0]["cites"] == f"“{WOOL.quote}” – garden.example/2 › Results"
    assert [row["supported"] for row in rows[:2]] == ["", "no"]  # one without a citation
    assert not any(row["answers"] for row in rows)
    assert rows[1]["sentence"] == "'=Well."  # shown, not run


def test_labels_that_are_there_are_not_overwritten(tmp_path: Path) -> None:
    write_sheets(RECORDS, tmp_path, questions=2)
    with pytest.raises(SourceError, match="is there already"):
        write_sheets(RECORDS, tmp_path, questions=2)
    with pytest.raises(SourceError, match="No question was answered"):
        write_sheets([answer("none")], tmp_path / "b", questions=2)


def test_labels_come_back_by_sentence(tmp_path: Path) -> None:
    write_sheets(RECORDS, tmp_path, questions=6)
    file = filled(tmp_path / "first.csv", supported={"c1#1": "Yes", "c2#1": "n"})
    labels = read_labels(file, sentences(RECORDS))
    assert labels.said["supported"] == {"c1#1": True, "c2#1": False} | {
        f"c{i}#2": False for i in range(6)
    }
    assert labels.said["answers"] == {}


def test_labels_of_another_run_are_refused(tmp_path: Path) -> None:
    write_sheets(RECORDS, tmp_path, questions=6)
    other = [two(9).model_copy(update={"id": f"c{i}"}) for i in range(6)]
    with pytest.raises(SourceError, match="no sentence of this run"):
        read_labels(tmp_path / "first.csv", sentences(other))
    filled(tmp_path / "first.csv", supported={"c1#1": "maybe"})
    with pytest.raises(SourceError, match=r"says 'maybe' under supported.*line"):
        read_labels(tmp_path / "first.csv", sentences(RECORDS))


@pytest.mark.parametrize("seed", range(5))
def test_kappa_is_that_of_scikit_learn(seed: int) -> None:
    draw = np.random.default_rng(seed)
    one = draw.integers(0, 2, 40).astype(float)
    other = np.where(draw.random(40) < 0.8, one, 1 - one)
    found = interval(kappa(one, other), [str(i // 2) for i in range(40)], resamples=200)
    assert found
    assert found.value == pytest.approx(cohen_kappa_score(one, other))
    assert found.low < found.value < found.high


def test_kappa_of_two_who_say_yes_to_everything_is_not_defined() -> None:
    assert interval(kappa(np.ones(5), np.ones(5)), list("abcde"), resamples=50) is None


ALL = sentences([answer(f"c{i}", cited(WOOL if i % 4 else COPPER)) for i in range(40)])
FIRST = {f"c{i}#1": i % 5 != 0 for i in range(12)}
SECOND = FIRST | {"c1#1": False, "c3#1": False}


def test_agreement_and_disagreements_are_told() -> None:
    found = reviewed("answers", ALL, people(FIRST, SECOND), resamples=100)
    assert (found.sentences, found.labelled, found.answers) == (40, 12, 12)
    agreed = found.agreement
    assert agreed
    assert agreed.share
    assert agreed.kappa
    assert (agreed.n, agreed.share.value) == (12, 10 / 12)
    yes = [list(map(float, one.values())) for one in (FIRST, SECOND)]
    assert agreed.kappa.value == pytest.approx(cohen_kappa_score(*yes))
    assert [one.id for one in agreed.disagreed] == ["c1#1", "c3#1"]
    assert found.alone
    assert found.alone.value == pytest.approx((9 + 7) / 2 / 12)
    assert (found.judge, found.judged, found.corrected) == ("", None, None)


def test_a_judge_is_put_right_by_labels() -> None:
    judge = gold_judge([case(f"c{i}", WOOL) for i in range(40)])
    found = reviewed("answers", ALL, people(FIRST), judge, resamples=100)
    assert found.judged
    assert found.judged.value == 30 / 40
    assert found.alone
    assert found.corrected
    assert found.weight is not None
    share = found.weight * (21 / 28 - 9 / 12)
    assert found.corrected.value == pytest.approx(found.alone.value + share)
    assert found.agreement is None  # one person agrees with nobody
    text = reviews_text([found])
    assert text.startswith("## Answer relevance: does the sentence answer the question")
    assert "12 of 40 sentences count, of 12 answers" in text
    assert "judge: cites a gold sentence" in text
    assert "fewer than 30 labelled answers" in text
    assert json.loads(reviews_json([found]))["reviews"][0]["judged"]["n"] == 40


def test_an_answer_that_is_labelled_in_part_does_not_count() -> None:
    records = sentences(RECORDS)
    known = {f"c{i}#{place}": True for i in range(3) for place in (1, 2)}
    found = reviewed("answers", records, people(known | {"c4#1": True}), resamples=50)
    assert (found.answers, found.partly, found.labelled) == (3, 1, 6)


def test_what_cites_nothing_is_unsupported_and_no_agreement() -> None:
    judge = support_judge(NamedJudge("always", lambda *_: 1.0, 0.5))
    known = {f"c{i}#{place}": place == 1 for i in range(3) for place in (1, 2)}
    found = reviewed("supported", sentences(RECORDS), people(known, known), judge, resamples=50)
    assert found.agreement
    assert found.agreement.n == 3
    assert found.judge == "always at 0.5"
    assert found.judged
    assert found.judged.value == 1 / 2


@pytest.mark.parametrize(
    ("score", "threshold", "counts"),
    [(0.7, None, 0.7), (0.7, 0.8, 0), (1.7, None, 1), (None, 0, 0)],
)
def test_a_judge_counts_by_its_threshold(
    score: float | None, threshold: float | None, counts: float
) -> None:
    judged, _ = support_judge(NamedJudge("j", lambda *_: score, threshold))
    assert judged(Said("c#1", "c", "c?", "So.", (cited(SOW),))) == counts


def run(*typed: object) -> Result:
    return CliRunner().invoke(app, ["eval", "review", *map(str, typed)])


def test_from_a_run_to_figures(tmp_path: Path) -> None:
    lines = (one.to_json() for one in RECORDS)
    (tmp_path / "answers.jsonl").write_text("\n".join(lines), encoding="utf-8")
    written = run(tmp_path, "--out", tmp_path / "labels")
    assert written.exit_code == 0, written.output
    assert written.output.startswith("12 sentences in each of two sheets")
    assert written.output.endswith("second.csv\n")
    files = [tmp_path / "labels" / name for name in ("first.csv", "second.csv")]
    yes = {f"c{i}#1": "yes" for i in range(6)}
    filled(files[0], supported=yes)
    filled(files[1], supported=yes | {"c5#1": "no"})
    typed = [tmp_path, *(part for file in files for part in ("--labels", file)), "--judge", "words"]
    told = run(*typed)
    assert told.exit_code == 0, told.output
    assert "Two people labelled 6: they agree on 0.833" in told.output
    assert "| judge: words" in told.output
    (review,) = json.loads(run(*typed, "--json").stdout)["reviews"]
    assert review["alone"]["value"] == pytest.approx(5.5 / 12)
    assert review["agreement"]["disagreed"] == ["c5#1"]


def filtered_by(*judges: str) -> str:
    """Answers of which each passed one of these judges."""
    lines = []
    for number, judge in enumerate(judges):
        one = two(number)
        own = one.provenance.model_copy(update={"judge": judge})
        lines.append(one.model_copy(update={"provenance": own}).to_json())
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("judge", "filtered", "is_refused"),
    [
        ("shipped", ["overlap"] * 3, True),
        ("shipped", ["", "another", "overlap"], True),
        ("shipped", ["another"] * 3, False),
        ("shipped", [""] * 3, False),
        ("meaning", ["overlap"] * 3, False),
        ("words", ["overlap"] * 3, False),
    ],
)
def test_the_judge_that_filtered_the_answers_is_not_put_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judge: str, filtered: list[str],
    is_refused: bool,
) -> None:  # fmt: skip
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    index = garden(tmp_path / "index")
    (tmp_path / "answers.jsonl").write_text(filtered_by(*filtered), encoding="utf-8")
    assert run(tmp_path, "--out", tmp_path / "labels").exit_code == 0
    yes = {f"c{i}#1": "yes" for i in range(3)}
    labels = filled(tmp_path / "labels" / "first.csv", supported=yes)
    told = run(tmp_path, "--labels", labels, "--judge", judge, "--index", index)
    assert told.exit_code == int(is_refused), told.output
    assert ("'shipped (overlap)' filtered these answers" in told.output) is is_refused
    assert (f"| judge: {judge}" in told.output) is not is_refused


def test_sheets_are_written_or_read(tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 2
    missing = run(tmp_path, "--out", tmp_path / "labels")
    assert missing.exit_code == 1
    assert "answers.jsonl cannot be read" in missing.output
