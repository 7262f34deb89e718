"""Citations as a named judge sees them, where nobody has marked what answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from eval_parts import COPPER, LINE, SOW, WOOL, answer, cited, file_of
from typer.testing import CliRunner

from eval.judging.alce import JudgedSentence, check_apart, judged_citations, judged_sentence
from eval.judging.by_name import NamedJudge
from eval.judging.review import sentences
from rag.errors import ConfigError
from rag.record import AnswerRecord, CitationRecord, ProvenanceRecord, SentenceRecord
from ui.cli import app


def has_all(claim: str, evidence: Sequence[str]) -> bool:
    """Every letter that is claimed stands in the evidence."""
    return set(claim.split()) <= {word for one in evidence for word in one.split()}


def score(claim: str, evidence: Sequence[str]) -> float | None:
    return None if claim == "no verdict" else float(has_all(claim, evidence))


LETTERS = NamedJudge("letters", score)


def quoting(quote: str) -> CitationRecord:
    return CitationRecord(post_id="garden.example/1", section="1", quote=quote)


def saying(id_: str, *said: tuple[str, Sequence[str]], **provenance: str) -> AnswerRecord:
    own = tuple(
        SentenceRecord(
            text=text, basis="supported", support=1, citations=tuple(map(quoting, quotes))
        )
        for text, quotes in said
    )
    return AnswerRecord(
        schema=1, id=id_, question="?", answered=bool(own), sentences=own,
        provenance=ProvenanceRecord.model_validate(provenance),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "evidence", "found"),
    [
        ("a", [], (False, 0, 0)),
        ("a", ["b"], (False, 0, 1)),
        ("a", ["a"], (True, 1, 1)),
        ("a b", ["a", "b"], (True, 2, 2)),  # each is needed
        ("a", ["a", "c"], (True, 1, 2)),  # the second supports nothing, and the first does
        ("a", ["a", "a c"], (True, 2, 2)),  # both support it alone
        ("a b", ["a", "b", "c"], (True, 2, 3)),
        ("a b", ["a", "c"], (False, 0, 2)),
    ],
)
def test_a_sentence_by_the_rules_of_alce(
    claim: str, evidence: Sequence[str], found: tuple[bool, int, int]
) -> None:
    assert judged_sentence(claim, evidence, has_all) == JudgedSentence(*found)


def test_figures_are_means_over_answers_of_means_over_sentences_and_citations() -> None:
    records = [
        saying("half", ("a", ["a", "c"]), ("b", ["c"])),
        saying("whole", ("a b", ["a", "b"])),
        saying("bare", ("a", [])),
        saying("silent", ("no verdict", ["no verdict"])),
        saying("refused"),
    ]
    found = judged_citations(records, sentences(records), LETTERS, threshold=0.5, resamples=50)
    assert (found.answers, found.sentences, found.verbatim) == (4, 5, 2)
    assert found.recall is not None
    assert found.precision is not None
    assert found.recall.value == pytest.approx((1 / 2 + 1 + 0 + 0) / 4)
    assert found.precision.value == pytest.approx((1 / 3 + 2 / 2 + 0 + 0) / 4)


def test_what_rests_on_a_record_cites_no_sentence_and_is_passed_over() -> None:
    told = saying("who", ("Ines Moreau wrote it.", []))
    field = CitationRecord(post_id="garden.example/1", field="authors")
    (sentence,) = told.sentences
    told = told.model_copy(
        update={"sentences": (sentence.model_copy(update={"citations": (field,)}),)}
    )
    found = judged_citations([told], sentences([told]), LETTERS, threshold=0.5, resamples=5)
    assert (found.answers, found.sentences, found.recall) == (0, 0, None)


def test_the_judge_that_filtered_the_answers_is_refused() -> None:
    own = NamedJudge("shipped (overlap)", score, 0.5, checks_as="overlap")
    filtered = [saying("a", ("a", ["a"]), judge="overlap")]
    with pytest.raises(ConfigError, match=r"'shipped \(overlap\)' filtered these answers"):
        judged_citations(filtered, sentences(filtered), own, threshold=0.5)
    check_apart(own, [saying("a", ("a", ["a"]), judge="another")])
    check_apart(LETTERS, filtered)


def test_a_judge_that_wrote_the_answers_is_told() -> None:
    writer = NamedJudge("chat (m)", score, 0.5, "chat:m", writes_as="m")
    for written_by, told in (("m", True), ("quotes", False)):
        records = [saying("a", ("a", ["a"]), writer=written_by)]
        found = judged_citations(records, sentences(records), writer, threshold=0.5, resamples=5)
        assert found.by_its_writer == told


# ---------------------------------------------------------------- the command


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["eval", "citations", *map(str, arguments)])
    return done.exit_code, done.output


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three answers, and a judge of somebody's that says yes to half of them."""
    (tmp_path / "letters_judge.py").write_text(
        "def passes(claim, evidence):\n    return 0.9 if 'Wool' in claim else 0.2\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "letters_judge", raising=False)
    told = [
        answer("g-1", cited(SOW), text="Wool, in March."),
        answer("bare", cited(WOOL), text="Wool held."),
        answer("other", cited(COPPER), text="Copper did not."),
    ]
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(f"{one.to_json()}\n" for one in told), encoding="utf-8")
    return tmp_path


def test_from_a_report_to_an_estimate_of_its_own(report: Path) -> None:
    judge = ("--judge", "letters_judge:passes", "--at", 0.5)
    code, said = run(report, *judge, "--json")
    assert code == 0, said
    found = json.loads(said)
    assert (found["estimated"], found["judge"]) == (True, "letters_judge:passes")
    assert found["recall"]["value"] == pytest.approx(2 / 3)
    assert found["threshold"] == 0.5
    code, said = run(report, *judge)
    assert code == 0, said
    assert said.startswith("## Citations, as judged by letters")
    assert "judge:passes at 0.5" in said
    assert "An estimate: no person has marked what answers" in said
    assert "| estimated citation recall    | 0.667" in said


def test_only_answers_to_cases_without_gold_are_judged_where_cases_are_named(report: Path) -> None:
    cases = file_of(report, LINE, LINE | {"id": "bare", "gold": []})
    judge = ("--judge", "letters_judge:passes", "--at", 0.5, "--cases")
    code, said = run(report, *judge, cases, "--json")
    assert code == 0, said
    assert json.loads(said)["answers"] == 1
    code, said = run(report, *judge, file_of(report, LINE))
    assert (code, "no answer that could be judged" in said) == (1, True), said


def test_a_judge_without_a_threshold_needs_one(report: Path) -> None:
    code, said = run(report, "--judge", "words")
    assert (code, "Say with --at from which score on" in said) == (1, True), said
    assert run(report, "--judge", "words", "--at", 0)[0] == 0
