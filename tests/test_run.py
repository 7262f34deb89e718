from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

import pytest
from eval_parts import WOOL, answer, case, cited
from small_site import garden, post, put, section

from eval.ask_cases import run_cases
from eval.cases.cases import Case, load_cases
from eval.citations import CitationGrade
from eval.journal import Entry, open_journal
from eval.made_with import made_with, made_with_other
from eval.publish import published
from eval.report.as_html import write_html
from eval.report.as_json import json_report
from eval.report.as_junit import junit_report
from eval.report.as_text import text_report
from eval.retrieval import RankGrade
from eval.run import Asked, EvalResult, asking, evaluate, load_records
from rag.assistant import Assistant
from rag.embedding.embedder import HashEmbedder
from rag.errors import IndexDamaged, ModelUnavailable, SourceError
from rag.index.index import write_index
from rag.settings import Settings, load_settings
from rag.types import Answer, Turn

QUOTE = "The bed with wool mulch lost three of forty lettuces."
LINES = [
    {
        "id": "wool",
        "kind": "fact",
        "question": "How many lettuces did the bed with wool mulch lose?",
        "answerable": True,
        "must_include": [["three"]],
        "gold": [{"post_id": "garden.example/2", "heading": "Results", "quote": QUOTE}],
    },
    {
        "id": "then",
        "kind": "followup",
        "question": "And the bare bed?",
        "history": [{"question": "How many did the wool bed lose?", "answer": "Three."}],
        "answerable": True,
        "gold": [
            {"post_id": 2, "heading": "Results", "quote": "The bare bed lost twenty-two lettuces."}
        ],
    },
    {"id": "long", "kind": "far", "question": "word " * 1000, "answerable": False},
]


@pytest.fixture
def case_file(tmp_path: Path) -> Path:
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in LINES), encoding="utf-8")
    return path


def assistant(tmp_path: Path, **settings: float) -> Assistant:
    values = {"index": garden(tmp_path / "index"), "embedding_model": "hash"} | settings
    return Assistant(Settings.model_validate(values), embedder=HashEmbedder())


def evaluated(one: Assistant, case_file: Path, *, resamples: int = 10) -> EvalResult:
    with open_journal(None) as journal:
        return evaluate(one, case_file, journal=journal, resamples=resamples)


def came_back(system: Asked, cases: Sequence[Case]) -> list[Entry]:
    with open_journal(None) as journal:
        run_cases(asking(system), cases, journal)
        return [entry for case in cases if (entry := journal.entry(case.id))]


def test_an_assistant_is_asked_every_case_and_graded(tmp_path: Path, case_file: Path) -> None:
    told: list[tuple[int, int]] = []
    graded: list[tuple[int, int]] = []
    with assistant(tmp_path, min_answerable=0) as garden_assistant, open_journal(None) as journal:
        result = evaluate(
            garden_assistant,
            case_file,
            journal=journal,
            resamples=50,
            on_progress=lambda done, of: told.append((done, of)),
            on_graded=lambda done, of: graded.append((done, of)),
        )
        records = list(journal.records(case.id for case in result.cases))
    assert told == graded == [(1, 3), (2, 3), (3, 3)]
    assert [one.id for one in records] == ["wool", "then"]
    assert result.missing == ()
    found = {one.name: one.estimate for one in result.grades.figures}
    assert found["Recall@1"] is not None
    assert found["Recall@10"] is not None
    assert found["Recall@10"].value == 1
    assert result.made_with.case_sha256 == hashlib.sha256(case_file.read_bytes()).hexdigest()
    assert result.made_with.posts == 3
    assert "1 of 3 cases failed:\n- long: " in text_report(result)
    assert json.loads(json_report(result))["made_with"]["index_generation"] >= 1


def test_settings_that_answers_depend_on_are_in_the_hash(tmp_path: Path, case_file: Path) -> None:
    hashes = []
    for folder, settings in (("a", {}), ("b", {}), ("c", {"candidates": 50})):
        with assistant(tmp_path / folder, **settings) as one:
            hashes.append(evaluated(one, case_file, resamples=2).made_with.settings_sha256)
    assert hashes[0] == hashes[1]
    assert hashes[0] != hashes[2]


def test_equal_posts_have_one_hash_in_any_index_and_other_posts_another(
    tmp_path: Path, case_file: Path
) -> None:
    rests_on = []
    for folder in ("a", "b"):
        with assistant(tmp_path / folder) as one:
            rests_on.append(made_with(one, case_file))
    assert rests_on[0].index_id != rests_on[1].index_id
    assert rests_on[0].posts_sha256 == rests_on[1].posts_sha256
    embedder = HashEmbedder()
    with write_index(tmp_path / "b" / "index", embedder.id) as writer:
        put(writer, post(1, "Slugs again", section("0", (), "They came once more.")), embedder)
        writer.finish()
    with Assistant(load_settings(index=tmp_path / "b" / "index", embedding_model="hash")) as one:
        assert made_with(one, case_file).posts_sha256 != rests_on[0].posts_sha256


def test_a_case_without_gold_is_asked_and_stands_in_every_report(tmp_path: Path) -> None:
    bare = {key: value for key, value in LINES[0].items() if key not in ("gold", "must_include")}
    file = tmp_path / "bare.jsonl"
    file.write_text(f"{json.dumps(LINES[0])}\n{json.dumps(bare | {'id': 'bare'})}", "utf-8")
    with assistant(tmp_path, min_answerable=0) as one, open_journal(None) as journal:
        result = evaluate(one, file, journal=journal, resamples=10)
        write_html(result, journal, tmp_path / "report.html")
    figures = {one.name: one.estimate for one in result.grades.figures}
    recall, answered = figures["Recall@10"], figures["answered, of the answerable"]
    assert recall is not None
    assert answered is not None
    assert (recall.n, answered.n) == (1, 2)
    assert result.missing == ()
    assert "1 answered, not graded" in text_report(result)
    assert json.loads(json_report(result))["outcomes"]["answered, not graded"] == 1
    assert 'failures="0"' in junit_report(result)
    assert "answered, not graded" in (tmp_path / "report.html").read_text("utf-8")


ALL = "fitted on these questions"


@pytest.mark.parametrize(
    ("changed", "seen", "mark"),
    [
        (lambda theirs, _: f"{theirs}\n", 200, ALL),
        (lambda theirs, _: "\n".join(theirs.splitlines()[:-1]), 199, ALL),
        (lambda theirs, own: f"{own}\n{theirs}", 200, "fitted on 200 of these 203 questions"),
        (lambda theirs, own: f"{own}\n{theirs.splitlines()[0]}", 1,
         "fitted on 1 of these 4 questions"),
        (lambda theirs, own: own, 0, ""),
    ],
)  # fmt: skip
def test_a_run_knows_on_how_many_of_its_questions_shipped_weights_were_fitted(
    tmp_path: Path, case_file: Path, changed: Callable[[str, str], str], seen: int, mark: str
) -> None:
    fitted = Path(str(files("eval.data") / "blog_18f.jsonl"))
    with assistant(tmp_path) as one:
        assert not made_with(one, case_file).seen
        whole = made_with(one, fitted)
        assert (whole.seen, whole.questions, whole.questions_seen) == (True, 200, 200)
        some = changed(fitted.read_text("utf-8"), case_file.read_text("utf-8"))
        (file := tmp_path / "some.jsonl").write_text(some, "utf-8")
        assert made_with(one, file).questions_seen == seen
        assert made_with(one, file).mark == mark
        # What others were fitted on is not known, and our weights are not in their answers.
        assert not made_with_other("theirs", "00" * 32, one.index, fitted).seen


class Forgetful:
    """Has no model to answer with, and remembers what it was asked."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []

    def ask(self, question: str, *, history: Sequence[Turn] = ()) -> Answer:
        self.asked.append((question, tuple(history)))
        raise self.error


def test_a_model_that_does_not_answer_fails_the_case_and_the_next_is_asked(case_file: Path) -> None:
    system = Forgetful(ModelUnavailable("It sleeps.", hint="Wake it."))
    entries = came_back(system, load_cases(case_file))
    assert [one.failed for one in entries] == ["It sleeps."] * 3
    assert all(one.record is None and one.milliseconds >= 0 for one in entries)
    assert system.asked[1] == (
        "And the bare bed?",
        (Turn("How many did the wool bed lose?", "Three."),),
    )


def test_what_would_fail_every_case_ends_the_run(case_file: Path) -> None:
    with pytest.raises(IndexDamaged):
        came_back(Forgetful(IndexDamaged("Torn.", hint="Repair.")), load_cases(case_file))


def test_a_system_that_breaks_fails_the_case_and_says_how(case_file: Path) -> None:
    entries = came_back(Forgetful(TimeoutError("60 s")), load_cases(case_file))
    assert [one.failed for one in entries] == ["TimeoutError: 60 s"] * 3


def test_saved_answers_read_back_as_they_were(tmp_path: Path) -> None:
    records = (answer("wool", cited(WOOL)), answer("price"))
    path = tmp_path / "answers.jsonl"
    path.write_text("\n".join(one.to_json() for one in records) + "\n", encoding="utf-8")
    assert load_records(path) == records


def test_a_mistake_in_saved_answers_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    nameless = answer("x").model_copy(update={"id": None})
    path.write_text(f"\n{nameless.to_json()}\n", encoding="utf-8")
    with pytest.raises(SourceError, match="line 2: id is missing"):
        load_records(path)
    path.write_text('{"schema": 2}', encoding="utf-8")
    with pytest.raises(SourceError, match="line 1: schema"):
        load_records(path)


def test_no_case_is_asked_when_the_file_has_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text("{}", encoding="utf-8")
    with assistant(tmp_path) as one, pytest.raises(SourceError):
        evaluated(one, path)


def test_cases_without_history_are_asked_without(tmp_path: Path) -> None:
    system = Forgetful(ModelUnavailable("It sleeps.", hint="Wake it."))
    came_back(system, [case("wool", WOOL)])
    assert system.asked == [("wool?", ())]


def test_gold_that_is_named_by_a_hash_is_graded_as_its_sentence(
    tmp_path: Path, case_file: Path
) -> None:
    hashed = tmp_path / "hashed.jsonl"
    hashed.write_text(published(case_file.read_text(encoding="utf-8")), encoding="utf-8")
    assert QUOTE not in hashed.read_text(encoding="utf-8")
    with assistant(tmp_path, min_answerable=0) as garden_assistant:
        by_quote = evaluated(garden_assistant, case_file)
        by_hash = evaluated(garden_assistant, hashed)
    assert by_hash.missing == ()
    first, second = (
        [(one.ranking, one.citations) for one in result.grades.cases]
        for result in (by_quote, by_hash)
    )
    assert first == second
    assert first[0] == (RankGrade(1, 1, 1, 1, 1), CitationGrade(1, 1, 1, 1))
