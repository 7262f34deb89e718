"""The command line as people and scripts meet it, on the `hash` embedder."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from shutil import rmtree

import pytest
from small_site import garden
from typer.testing import CliRunner, Result

from rag.index.index import Index
from rag.record import AnswerRecord
from rag.settings import load_settings
from ui.cli import app
from ui.doctor import examine
from ui.ports import free_port, is_free
from ui.show import say

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {
    "chromadb",
    "gradio",
    "langchain",
    "langchain_core",
    "lxml",
    "numpy",
    "pydantic",
    "rich",
    "sentence_transformers",
    "torch",
}
SOWING = "When should I sow tomatoes indoors?"
LETTUCES = "How many lettuces did the bare bed lose?"
CHESS = "Who won the chess olympiad in Budapest?"


@pytest.fixture(autouse=True)
def hash_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return garden(tmp_path / "index")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def two_lines(result: Result) -> list[str]:
    """What a failed command says: a problem and a hint, and no more."""
    assert result.exit_code == 1, result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("Error: ")
    assert result.stdout == ""
    return lines


def start(*arguments: str) -> list[str]:
    """A command line of its own, for what only a process of its own shows."""
    return [sys.executable, "-c", "from ui.cli import main; main()", *arguments]


# ---------------------------------------------------------------- help


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from ui.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "Usage: pullquote" in done.stdout or "Commands:" in done.stdout
    assert not HEAVY & set(done.stdout.splitlines()[-1].split())


def test_help_comes_in_half_a_second() -> None:
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run(start("--help"), cwd=ROOT, capture_output=True, check=True)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.5


def test_without_a_command_it_shows_its_commands() -> None:
    assert "ingest" in run().output


@pytest.mark.parametrize("arguments", [("version",), ("--version",)])
def test_the_version_is_told_as_a_command_and_as_an_option(arguments: tuple[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 0
    assert result.stdout.startswith("pullquote ")


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize("arguments", [("ask", "Why?"), ("status",), ("serve",)])
def test_without_an_index_two_lines_say_what_to_do(arguments: tuple[str, ...]) -> None:
    problem, hint = two_lines(run(*arguments))
    assert "There is no index" in problem
    assert "pullquote ingest" in hint


def test_an_unknown_setting_is_two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_TOPK", "8")
    assert "PULLQUOTE_TOPK" in two_lines(run("status"))[0]


def test_an_index_of_another_model_is_refused(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "sentence-transformers/all-MiniLM-L6-v2")
    before = {file: file.read_bytes() for file in index.rglob("*.sqlite3")}
    two_lines(run("ingest", str(ROOT / "ingest" / "sample" / "posts.json")))
    assert {file: file.read_bytes() for file in before} == before


def test_a_folder_that_cannot_be_written_is_two_lines(index: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"question": "Why?"}\n')
    nowhere = str(tmp_path / "nowhere" / "answers.jsonl")
    problem, hint = two_lines(run("ask", "--input", str(questions), "--output", nowhere))
    assert "No such file" in problem
    assert "nowhere" in hint


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask",),
        ("ask", "Why?", "--input", "questions.jsonl", "--output", "answers.jsonl"),
        ("ask", "--input", "questions.jsonl"),
        ("ask", "Why?", "--since", "yesterday"),
        ("serve", "--port", "70000"),
        ("ingest",),
        ("sing",),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_ends_with_2(arguments: tuple[str, ...]) -> None:
    Path("questions.jsonl").write_text('{"question": "Why?"}\n')
    assert run(*arguments).exit_code == 2


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is sent otherwise there")
def wait_until_it_reads(process: subprocess.Popen[str]) -> None:
    """Until a process waits for its standard input; where the system does not say, a while."""
    state = Path(f"/proc/{process.pid}/wchan")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        where = state.read_text(encoding="ascii") if state.is_file() else "0"
        if "pipe" in where:
            return
        if where == "0" and time.monotonic() > deadline - 50:
            return
        time.sleep(0.05)


def test_ctrl_c_ends_with_130_and_one_line() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}  # noqa: TID251 - for a process
    with subprocess.Popen(
        start("ingest", "-"),
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_until_it_reads(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err, out) == (130, "Interrupted.\n", "")


# ---------------------------------------------------------------- ask


def test_an_answer_shows_its_sentence_its_number_and_where_it_stands(index: Path) -> None:
    result = run("ask", SOWING)
    assert result.exit_code == 0
    assert "Sow tomatoes indoors six weeks before the last frost. [1] · Quoted" in result.stdout
    assert "[1] Tomatoes from seed › When to sow, 1 March 2020" in result.stdout
    assert "https://garden.example/tomatoes-from-seed/#when-to-sow" in result.stdout


def test_a_refusal_is_no_error_and_names_the_nearest_sections(index: Path) -> None:
    result = run("ask", CHESS)
    assert result.exit_code == 0
    assert "No answer was found in the posts." in result.stdout
    assert f"Searched for: “{CHESS}”." in result.stdout
    assert "The nearest sections, and what they say:" in result.stdout


def test_why_nothing_is_answered_stands_above_the_nearest_sections(index: Path) -> None:
    said = run("ask", "When should Zaphod sow tomatoes?").stdout
    assert said.count("Note: No post mentions “Zaphod”.") == 1
    assert said.index("Note: No post") < said.index("The nearest sections, and what they say:")


def test_who_answers_is_told_before_how_many_posts_there_are(index: Path) -> None:
    said = run("ask", "Who are you?").stdout
    assert said.startswith("Note: A program answers here, not a person.")
    assert said.count("A program answers here") == 1
    assert said.index("A program answers here") < said.index("There are 3 posts.")


def test_an_index_is_calibrated_only_where_cases_speak_for_it_or_by_force(index: Path) -> None:
    result = run("calibrate")
    assert result.exit_code == 1
    assert "questions can be drafted from these posts" in result.stderr
    assert "as shipped" in run("status").stdout
    assert "nothing of it" in run("calibrate", "--reset").stdout


def test_json_is_one_line_of_the_contract(index: Path) -> None:
    result = run("ask", SOWING, "--json")
    assert result.stdout.count("\n") == 1
    answer = AnswerRecord.model_validate_json(result.stdout)
    assert answer.question == SOWING
    assert answer.sentences[0].citations[0].post_id == "garden.example/1"


def test_filters_limit_what_is_searched(index: Path) -> None:
    result = run("ask", SOWING, "--json", "--author", "Tom Baker", "--since", "2021-01-01")
    answer = AnswerRecord.model_validate_json(result.stdout)
    assert {hit.post_id for hit in answer.hits} <= {"garden.example/2"}
    assert answer.filters.authors == ("Tom Baker",)


def test_an_empty_question_is_two_lines(index: Path) -> None:
    two_lines(run("ask", ""))


def test_a_question_of_ten_thousand_words_is_two_lines(index: Path) -> None:
    two_lines(run("ask", "why " * 10_000))


# ---------------------------------------------------------------- ask, a file


def ask_file(*lines: str) -> Result:
    Path("questions.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return run("ask", "--input", "questions.jsonl", "--output", "answers.jsonl")


def answers() -> list[AnswerRecord]:
    lines = Path("answers.jsonl").read_text(encoding="utf-8").splitlines()
    return [AnswerRecord.model_validate_json(line) for line in lines]


def question(id_: str | int, text: str, **more: object) -> str:
    return json.dumps({"id": id_, "question": text, **more}, ensure_ascii=False)


def test_a_file_of_questions_becomes_a_file_of_answers_in_order(index: Path) -> None:
    result = ask_file(question("b", SOWING), question(7, LETTUCES), "", question("a", CHESS))
    assert result.exit_code == 0, result.output
    assert [one.id for one in answers()] == ["b", 7, "a"]
    assert [one.question for one in answers()] == [SOWING, LETTUCES, CHESS]


def test_a_question_without_an_id_has_the_number_of_its_line(index: Path) -> None:
    ask_file("", json.dumps({"question": SOWING}))
    assert [one.id for one in answers()] == [2]


def test_history_comes_as_turns_or_as_messages(index: Path) -> None:
    turns = [{"question": SOWING, "answer": "In March."}]
    messages = [
        {"role": "user", "content": SOWING},
        {"role": "assistant", "content": "In March."},
    ]
    ask_file(
        question(1, "And when do they go outside?", history=turns),
        question(2, "And when do they go outside?", history=messages),
    )
    first, second = answers()
    assert first.searched_for == second.searched_for
    assert first.sentences == second.sentences


def test_filters_of_a_line_take_the_place_of_those_of_the_command(index: Path) -> None:
    Path("questions.jsonl").write_text(
        question(1, SOWING) + "\n" + question(2, SOWING, filters={"authors": ["Tom Baker"]}) + "\n"
    )
    run(
        *("ask", "--input", "questions.jsonl", "--output", "answers.jsonl"),
        *("--author", "Ines Moreau"),
    )
    assert [one.filters.authors for one in answers()] == [("Ines Moreau",), ("Tom Baker",)]


def test_a_question_that_cannot_be_asked_gets_a_record_and_the_exit_code_1(index: Path) -> None:
    result = ask_file(question(1, ""), question(2, SOWING))
    assert result.exit_code == 1
    first, second = answers()
    assert (first.answered, second.answered) == (False, True)
    assert first.warnings[0].startswith("Not asked: ")
    assert result.stderr == (
        "Error: 1 question could not be asked.\n"
        "A warning that begins with “Not asked:” says why in each such answer.\n"
    )
    assert first.provenance == second.provenance


def test_answers_go_to_the_standard_output_as_well(index: Path) -> None:
    result = ask_file(question(1, SOWING), question(2, ""))
    piped = run("ask", "--input", "questions.jsonl", "--output", "-")
    assert piped.exit_code == result.exit_code == 1
    lines = [AnswerRecord.model_validate_json(line) for line in piped.stdout.splitlines()]
    assert [(one.id, one.sentences) for one in lines] == [
        (one.id, one.sentences) for one in answers()
    ]
    assert not Path("-").exists()


def test_a_history_that_is_none_is_told_by_its_line(index: Path) -> None:
    result = ask_file(question(1, SOWING, history=[{"who": "me"}]))
    assert result.exit_code == 1
    assert "line 1: The history holds something that is no turn" in result.stderr


def test_a_stopped_run_goes_on_behind_the_last_whole_line(index: Path) -> None:
    lines = [question(1, SOWING), question(2, LETTUCES), question(3, CHESS)]
    ask_file(*lines)
    whole = Path("answers.jsonl").read_bytes()
    first, second, _ = whole.splitlines(keepends=True)
    Path("answers.jsonl").write_bytes(first + second[:40])
    assert ask_file(*lines).exit_code == 0
    assert Path("answers.jsonl").read_bytes().startswith(first)
    assert [one.id for one in answers()] == [1, 2, 3]


def test_a_finished_run_is_not_asked_again(index: Path) -> None:
    lines = [question(1, ""), question(2, SOWING)]
    ask_file(*lines)
    before = Path("answers.jsonl").read_bytes()
    assert before.count(b"\n") == 2
    assert ask_file(*lines).exit_code == 1  # the first still could not be asked
    assert Path("answers.jsonl").read_bytes() == before


def test_answers_to_other_questions_are_not_written_over(index: Path) -> None:
    ask_file(question(1, SOWING))
    before = Path("answers.jsonl").read_bytes()
    assert "something else" in two_lines(ask_file(question(1, LETTUCES)))[0]
    assert Path("answers.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    "line", ["what?", '{"id": 1}', '{"question": "Why?", "history": [{"who": "me"}]}', "[]"]
)
def test_a_line_that_is_no_question_is_told_before_anything_is_asked(
    index: Path, line: str
) -> None:
    result = ask_file(question(1, SOWING), line)
    assert result.exit_code == 1
    assert "line 2" in result.stderr
    assert not Path("answers.jsonl").exists()


def test_questions_may_stand_in_the_file_as_they_are(index: Path) -> None:
    result = ask_file(SOWING, "", f'  "{LETTUCES}"\r', "…")
    assert result.exit_code == 1, "the last one asks nothing"
    assert [(one.id, one.question) for one in answers()] == [
        (1, SOWING),
        (3, f'"{LETTUCES}"'),
        (4, "…"),
    ]
    assert answers()[0].sentences
    ask_file(question(1, SOWING))
    assert "something else" in ask_file(LETTUCES).stderr


@pytest.mark.parametrize("line", ['["Why?"]', '{"question": "Wh', "[", '  {"q": "Why?"}'])
def test_broken_json_is_not_taken_for_questions(index: Path, line: str) -> None:
    result = ask_file("Why?", line)
    assert result.exit_code == 1
    assert "line 2" in result.stderr


def test_an_id_must_not_stand_twice(index: Path) -> None:
    assert "twice" in ask_file(question(1, SOWING), question(1, CHESS)).stderr


def test_the_input_is_never_written_over(index: Path) -> None:
    Path("questions.jsonl").write_text(question(1, SOWING) + "\n")
    two_lines(run("ask", "--input", "questions.jsonl", "--output", "questions.jsonl"))


# ---------------------------------------------------------------- status and doctor


def test_status_counts_what_is_in_the_index(index: Path) -> None:
    lines = run("status").stdout.splitlines()
    shown = dict(line.split(maxsplit=1) for line in lines if line.startswith(("Posts", "Sites")))
    assert shown == {"Posts": "3", "Sites": "garden.example"}


def test_a_whole_index_passes_every_check(index: Path) -> None:
    result = run("doctor")
    wrong = [line for line in result.stdout.splitlines() if line.startswith("WRONG")]
    assert not [line for line in wrong if "port" not in line]


def test_repair_builds_the_search_index_again_without_embedding(index: Path) -> None:
    rmtree(index / "chroma")
    assert run("doctor").exit_code == 1
    assert "6 passages" in run("doctor", "--repair").stdout
    assert "WRONG  Chroma" not in run("doctor").stdout


@pytest.mark.parametrize(
    ("setting", "made_with", "now", "hint"),
    [
        ("MODEL", "narrow@1/256/float32", "hash@1/256/float32", "embedding_model = 'narrow'"),
        (
            "PRECISION",
            "hash@1/256/float16",
            "hash@1/256/float32",
            "embedding_precision = 'float16'",
        ),
    ],
)
def test_the_doctor_compares_the_model_of_the_index_with_the_settings(
    index: Path, setting: str, made_with: str, now: str, hint: str
) -> None:
    assert f"ok     the settings name the model of the index, {now}" in run("doctor").stdout
    with closing(Index(index)) as opened, opened.catalog.writing():
        opened.catalog.set_meta("embedder", made_with)
    result = run("doctor")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    wrong = next(i for i, line in enumerate(lines) if "was built with" in line)
    assert lines[wrong] == f"WRONG  The index in index was built with {made_with}, not {now}."
    assert lines[wrong + 1].strip() == (
        f"Set {hint}, or change the index's model with `pullquote reembed hash`."
    )


def test_a_taken_port_is_told_with_another_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        assert not is_free("127.0.0.1", taken)
        assert free_port("127.0.0.1", taken) != taken
        assert "--port" in two_lines(run("serve", "--port", str(taken)))[1]


def test_the_doctor_names_a_package_that_stands_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "eval.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "eval", raising=False)
    wrong = [check.what for check in examine(load_settings()) if not check.ok]
    assert any("`import eval` finds" in what for what in wrong)


# ---------------------------------------------------------------- what a terminal is shown


def test_a_post_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("Title \x1b[2J\x1b]0;owned\x07 \x9b31m end")
    assert capsys.readouterr().out == "Title [2J]0;owned 31m end\n"


def test_a_long_address_stays_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    address = "https://garden.example/" + "very-" * 80 + "long/"
    say(f"    {address}")
    assert address in capsys.readouterr().out
