"""Other systems, as functions and over HTTP, asked and graded by the same command."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from door_server import open_site
from eval_parts import WOOL, case
from small_site import garden
from typer.testing import CliRunner, Result

from eval.ask_cases import run_cases
from eval.cases.cases import Case
from eval.journal import Entry, open_journal
from eval.systems.by_name import Asking, other_system
from eval.systems.http import NeverAnswers, Server, from_completion, messages
from rag.errors import ConfigError
from rag.index.index import Index
from rag.types import Turn
from ui.cli import app

FUNCTIONS = '''
"""Systems of a test."""
import time
from rag.errors import IndexMissing

WOOL = "The bed with wool mulch lost three of forty lettuces."
asked = []

def good(question, turns):
    asked.append((question, turns))
    if "moon" in question:
        return {"abstained": True, "score": 0.1}
    return {"text": WOOL + " [1]", "score": 0.9, "citations": [{"post_id": 2, "quote": WOOL}]}

def broken(question, turns):
    if "broken" in question:
        raise RuntimeError("out of order")
    if "none" in question:
        return None
    if "exit" in question:
        raise SystemExit("enough")
    if "ours" in question:
        raise IndexMissing("There is no index.", hint="Make one.")
    return "It lost three."

def slow(question, turns):
    if "slow" in question:
        time.sleep(60)
    return good(question, turns)
'''
CASES = (
    case("wool", WOOL),
    Case("follow", "followup", "And the wool?", (Turn("Which bed?", "Five."),), gold=(WOOL,)),
    Case("moon", "far", "Who owns the moon?", answerable=False),
)
Said = Callable[[str, Any, dict[str, str]], tuple[int, object]]
"""Path, body and headers of a request to a status and what is answered."""


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return garden(tmp_path / "index")


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: Any) -> str:
    """A module in the working folder, under a name that no other test has imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    name = re.sub(r"\W", "_", f"systems_{request.node.name}")
    (tmp_path / f"{name}.py").write_text(FUNCTIONS, encoding="utf-8")
    return name


@contextmanager
def answering(said: Said) -> Iterator[str]:
    """A server on loopback; its address."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, content = said(self.path, body, dict(self.headers))
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _answer  # noqa: N815 - the base class's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def came(
    name: str, index: Path, *cases: Case, asking: Asking | None = None, key: str | None = None
) -> list[Entry]:
    with closing(Index(index)) as opened, open_journal(None) as journal:
        run_cases(other_system(name, opened, asking, key=key).answer_of, cases, journal)
        return [entry for one in cases if (entry := journal.entry(one.id))]


def test_a_function_is_asked_with_the_turns_before(index: Path, module: str) -> None:
    wool, follow, moon = came(f"{module}:good", index, *CASES)
    assert wool.record
    assert wool.record.sentences[0].citations[0].quote == WOOL.quote
    assert moon.record
    assert (moon.record.answered, moon.record.answerable) == (False, 0.1)
    assert follow.record
    asked = __import__(module).asked
    assert asked[1] == ("And the wool?", [{"question": "Which bed?", "answer": "Five."}])


def test_what_breaks_or_is_no_answer_fails_alone(index: Path, module: str) -> None:
    names = ("broken", "none", "exit", "ours", "fine")
    cases = [Case(name, "far", f"{name}?", answerable=False) for name in names]
    broken, none, left, ours, fine = came(f"{module}:broken", index, *cases)
    assert left.failed == "SystemExit: enough"
    assert ours.failed == "IndexMissing: There is no index. Make one."
    assert broken.failed == "RuntimeError: out of order"
    assert none.failed == "What came back is no answer: it is nothing."
    assert fine.record
    assert fine.record.answered


def test_who_takes_too_long_fails_and_the_next_is_asked(index: Path, module: str) -> None:
    cases = [Case("slow", "far", "slow?", answerable=False), *CASES]
    slow, *others = came(f"{module}:slow", index, *cases, asking=Asking(seconds=0.3))
    assert slow.failed == "No answer within 0.3 seconds."
    assert slow.milliseconds >= 300
    assert [one.failed for one in others] == [None] * 3


def test_a_name_that_is_no_system_is_told(index: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no system 'nobody:nothing'.*an address"):
        came("nobody:nothing", index, *CASES)


# ---------------------------------------------------------------- over HTTP


def completion(text: str, **more: object) -> dict[str, object]:
    return {"choices": [{"message": {"role": "assistant", "content": text, **more}}]}


def test_an_openai_server_is_asked_for_its_only_model(index: Path) -> None:
    seen: list[tuple[str, Any, str | None]] = []

    def said(path: str, body: Any, headers: dict[str, str]) -> tuple[int, object]:
        seen.append((path, body, headers.get("Authorization")))
        if path == "/v1/models":
            return 200, {"data": [{"id": "small"}]}
        contexts = [{"url": "https://garden.example/slugs-without-pellets/", "text": WOOL.quote}]
        return 200, completion("It lost three [1].") | {"contexts": contexts}

    with answering(said) as address:
        wool, follow, _ = came(f"{address}/v1", index, *CASES, key="secret")
    assert wool.record
    assert wool.record.sentences[0].citations[0].section == "1"
    assert wool.record.hits[0].post_id == "garden.example/2"
    assert follow.record
    assert [path for path, _, _ in seen] == ["/v1/models", *["/v1/chat/completions"] * 3]
    assert seen[2][1] == {
        "model": "small", "stream": False,
        "messages": [
            {"role": "user", "content": "Which bed?"}, {"role": "assistant", "content": "Five."},
            {"role": "user", "content": "And the wool?"},
        ],
    }  # fmt: skip
    assert {key for _, _, key in seen} == {"Bearer secret"}


def test_several_models_have_to_be_chosen_from(index: Path) -> None:
    models = {"data": [{"id": "small"}, {"id": "large"}]}
    with (
        answering(lambda *_: (200, models)) as address,
        pytest.raises(ConfigError, match=r"these models: small, large.*--model"),
    ):
        came(f"{address}/v1", index, *CASES)


def test_failures_after_the_first_answer_are_counted_and_nothing_is_sent_twice(index: Path) -> None:
    replies: list[tuple[int, object]] = [
        (200, {"text": "It lost three.", "score": 0.5}), (404, {"detail": "gone"}),
        (503, b"busy"), (200, b"<html>"), (200, ["no object"]), (200, {"text": 5}),
    ]  # fmt: skip
    given = iter(replies)
    cases = [Case(f"c{i}", "far", "Why?", answerable=False) for i in range(len(replies))]
    with answering(lambda *_: next(given)) as address:
        first, *others = came(f"{address}/answer", index, *cases)
    assert first.record
    told = [one.failed or "" for one in others]
    assert told[0].startswith(f"{address}/answer answers 404: ")
    assert told[1].endswith("answers 503: busy")
    assert told[2] == "What came back is no JSON: <html>"
    assert told[3] == "What came back is no JSON object."
    assert told[4].startswith("What came back is no answer: text: ")
    assert next(given, None) is None


@pytest.mark.parametrize("status", [401, 404])
def test_what_no_question_could_change_ends_the_run_at_once(index: Path, status: int) -> None:
    with (
        answering(lambda *_: (status, {"error": "no"})) as address,
        pytest.raises(NeverAnswers, match=str(status)),
    ):
        came(f"{address}/answer", index, *CASES)
    with pytest.raises(NeverAnswers, match="cannot be reached"):
        came(f"{address}/answer", index, *CASES)


def test_a_server_that_drips_is_not_waited_for(index: Path) -> None:
    def said(*_: object) -> tuple[int, object]:
        time.sleep(30)
        return 200, {"text": "late"}

    with answering(said) as address:
        (entry,) = came(f"{address}/answer", index, CASES[0], asking=Asking(seconds=0.4))
    assert entry.failed
    assert entry.failed.startswith("No answer")


def test_no_address_is_told() -> None:
    with pytest.raises(ConfigError, match="is no address"):
        Server("ftp://127.0.0.1/v1", seconds=1)


def test_turns_without_an_answer_leave_no_empty_message() -> None:
    asked = Case("a", "followup", "And?", (Turn("Why?", ""),))
    assert [one["content"] for one in messages(asked)] == ["Why?", "And?"]


def test_annotations_of_openai_become_marks() -> None:
    text = "It lost three ([garden](https://g.example/2)). Copper did nothing."
    start = text.index("([")
    notes = [
        {"type": "url_citation", "url_citation": {
            "start_index": start, "end_index": text.index(". Copper"), "url": "https://g.example/2",
        }},
        {"type": "url_citation", "url_citation": {
            "start_index": text.index("Copper"), "end_index": len(text) - 1,
            "url": "https://g.example/3", "title": "Copper",
        }},
        {"type": "file_citation"},
    ]  # fmt: skip
    found = from_completion(completion(text, annotations=notes))
    assert found["text"] == "It lost three  [1]. Copper did nothing [2]."
    assert [one["url"] for one in found["citations"]] == [
        "https://g.example/2", "https://g.example/3",
    ]  # fmt: skip


def test_other_shapes_of_a_completion() -> None:
    assert from_completion(completion("", refusal="No."))["abstained"] is True
    parts = [{"type": "text", "text": "It lost"}, {"type": "image"}, {"type": "text", "text": "3"}]
    assert from_completion(completion(parts))["text"] == "It lost\n3"  # type: ignore[arg-type]
    listed = from_completion(completion("Three [1].") | {"citations": ["https://g.example/2"]})
    assert listed["citations"] == [{"url": "https://g.example/2"}]


def test_our_own_doors_are_systems_like_any_other(tmp_path: Path, index: Path) -> None:
    with open_site(tmp_path / "site") as (address, _):
        (asked,) = came(f"{address}/api/ask", index, case("wool", WOOL))
        (chat,) = came(f"{address}/v1", index, case("wool", WOOL))
    assert asked.failed is None
    assert chat.failed is None
    assert asked.record
    assert chat.record
    assert asked.record.sentences == chat.record.sentences


# ---------------------------------------------------------------- the command


@pytest.fixture
def case_file(tmp_path: Path) -> Path:
    gold = [{"post_id": 2, "heading": "Results", "quote": WOOL.quote}]
    lines: list[dict[str, object]] = [
        {"id": "a", "kind": "fact", "question": "wool?", "answerable": True, "gold": gold},
        {"id": "b", "kind": "fact", "question": "slow wool?", "answerable": True, "gold": gold},
        {"id": "c", "kind": "far", "question": "moon?", "answerable": False},
    ]
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return file


def run(*typed: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, typed)])


def test_a_function_is_graded_with_the_same_report(
    tmp_path: Path, index: Path, module: str, case_file: Path
) -> None:
    options = ["--index", index, "--cases", case_file, "--system", f"{module}:slow"]
    done = run(*options, "--timeout", "0.3", "--out", tmp_path / "a")
    assert done.exit_code == 1  # a case failed
    report = json.loads((tmp_path / "a" / "report.json").read_text(encoding="utf-8"))
    assert report["made_with"]["system"].startswith(f"{module}:slow (sha256 ")
    assert report["failed"] == {"b": "No answer within 0.3 seconds."}
    assert report["figures"]["citation recall (sentence)"]["value"] == 1 / 2
    assert report["figures"]["citation recall (sentence)"]["n"] == 2
    assert report["figures"]["refused, of the unanswerable"]["value"] == 1
    assert report["figures"]["Recall@5"] is None  # it never tells what it found
    assert report["figures"]["claims that pass the check"] is None  # nor that it checks anything
    assert '"unchecked"' not in (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    again = run(*options, "--timeout", "0.3", "--out", tmp_path / "b")
    assert again.exit_code == 1
    before, now = (
        (tmp_path / one / "report.json").read_text(encoding="utf-8").partition('\n "timing": ')[0]
        for one in "ab"
    )
    assert before == now


def test_what_stands_beside_a_function_is_what_applies_and_can_be_left_out(
    index: Path, module: str, case_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beside(*more: str) -> tuple[list[str], dict[str, str]]:
        system = f"{module}:good"
        done = run("--index", index, "--cases", case_file, "--system", system, "--json", *more)
        report = json.loads(done.stdout)
        return list(report["baselines"]), report["not_beside"]

    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    shown, why = beside()
    assert shown[:3] == ["words alone", "meaning alone", "cite nothing"]
    assert why == {"cite everything": "no answer tells what was found"}
    assert beside("--no-baselines")[0] == ["always refuse", "never refuse"]
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "no/such-model")
    shown, why = beside()
    assert "meaning alone" not in shown
    assert why["meaning alone"] == "the index's model is not loaded"


def test_trivial_systems_answer_as_well(
    index: Path, case_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    done = run("--index", index, "--cases", case_file, "--system", "words", "--json")
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert report["made_with"]["system"] == "words"
    assert report["figures"]["Recall@5"]["value"] == 1


def test_several_workers_make_the_same_report_out_of_answers_in_another_order(
    tmp_path: Path, index: Path
) -> None:
    gold = [{"post_id": 2, "heading": WOOL.heading, "quote": WOOL.quote}]
    lines = [
        {"id": f"c{i}", "kind": "fact", "question": f"wool {i}?", "answerable": True, "gold": gold}
        for i in range(9)
    ]
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    first = threading.Event()

    def said(_path: str, body: Any, _headers: dict[str, str]) -> tuple[int, object]:
        number = int(body["id"][1:])
        if number == 1 and body["id"] not in answered:
            first.wait(2.0)  # some of those behind it come back before it, where any are asked
        answered.append(body["id"])
        if number > 6:
            first.set()
        if number == 5:
            return 503, b"busy"
        citation = {"post_id": 2, "quote": WOOL.quote}
        return 200, {"text": f"{number} lost. [1]", "score": 0.5, "citations": [citation]}

    orders, reports, ids = [], [], []
    with answering(said) as address:
        for workers in (1, 4):
            answered: list[str] = []
            first.clear()
            out = tmp_path / f"with-{workers}"
            options = ["--index", index, "--cases", file, "--system", f"{address}/answer"]
            done = run(*options, "--workers", workers, "--out", out)
            assert done.exit_code == 1, done.output  # a case failed
            orders.append(answered)
            text = (out / "report.json").read_text(encoding="utf-8")
            reports.append(text.partition('\n "timing": ')[0])
            answers = (out / "answers.jsonl").read_text(encoding="utf-8").splitlines()
            ids.append([json.loads(line)["id"] for line in answers])
    assert orders[0] == [f"c{i}" for i in range(9)]
    assert orders[1] != orders[0]
    assert sorted(orders[0]) == sorted(orders[1])  # nothing is asked twice
    assert reports[0] == reports[1]
    assert ids[0] == ids[1] == [f"c{i}" for i in range(9) if i != 5]


def test_only_addresses_are_asked_several_cases_at_once(case_file: Path) -> None:
    done = run("--cases", case_file, "--system", "words", "--workers", "2")
    assert done.exit_code == 2
    assert "--workers is for a --system with an address" in " ".join(done.output.split())


def test_a_system_needs_cases_of_its_own() -> None:
    assert run("--system", "words").exit_code == 2
