"""What is told of requests: ids, figures and lines of the log."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from door_server import open_doors, until
from fake_assistant import LETTUCES, FakeAssistant, serving, site_index
from prometheus_client.parser import text_string_to_metric_families

from bench.readers import hear, reading
from ui.doors.logs import JsonLines
from ui.doors.requests import Here, door_of, here

SECRET = "who stole the lettuces"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site_index(tmp_path_factory.mktemp("watched") / "index")


@pytest.fixture
def address(index: Path) -> Iterator[str]:
    with FakeAssistant(index) as assistant, open_doors(assistant) as (address, _):
        yield address


def figures(address: str) -> dict[tuple[str, ...], float]:
    text = httpx.get(f"{address}/metrics").text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def ask(address: str, question: str, **more: Any) -> httpx.Response:
    return httpx.post(f"{address}/api/ask", json={"question": question, **more})


def test_figures_tell_what_became_of_questions(address: str) -> None:
    ask(address, LETTUCES)
    ask(address, LETTUCES, stream=True)
    ask(address, "Who won the world cup?")
    ask(address, "please fail")
    with httpx.stream(
        "POST", f"{address}/api/ask", json={"question": f"{LETTUCES} slow", "stream": True}
    ) as said:
        next(said.iter_text())
    until(lambda: ("pullquote_answers_total", "ask", "left") in figures(address))
    found = figures(address)
    outcomes = {k[2]: v for k, v in found.items() if k[0] == "pullquote_answers_total"}
    assert outcomes == {"answered": 2, "refused": 1, "failed": 1, "left": 1}
    assert found["pullquote_first_sentence_seconds_count", "ask"] == 3
    assert found["pullquote_requests_total", "ask", "503"] == 1
    assert found["pullquote_index_posts",] == 4
    assert found["pullquote_questions_running",] == 0


async def ask_twice_and_leave(address: str) -> None:
    async with reading(address, "page", 1) as reader:
        await hear(reader, LETTUCES)
        await hear(reader, "please fail")
        await hear(reader, f"{LETTUCES} slow", leave_early=True)


def test_figures_count_questions_of_the_page_as_well() -> None:
    with serving() as (address, _):
        asyncio.run(ask_twice_and_leave(address))
        until(lambda: ("pullquote_answers_total", "page", "left") in figures(address))
        found = figures(address)
    outcomes = {k[2]: v for k, v in found.items() if k[0] == "pullquote_answers_total"}
    assert outcomes == {"answered": 1, "failed": 1, "left": 1}
    assert found["pullquote_first_sentence_seconds_count", "page"] >= 1
    assert found["pullquote_questions_running",] == 0


def test_figures_name_no_address_that_somebody_thought_of(address: str) -> None:
    for path in ("/x/1", "/api/posts/secret", "/api/x", "/v1/y"):
        httpx.get(address + path)
    doors = {key[1] for key in figures(address) if key[0] == "pullquote_requests_total"}
    assert doors <= {"page", "posts", "api", "models", "metrics"}
    assert door_of("/mcp/") == "mcp"


def test_figures_are_for_this_machine_where_there_is_no_password(address: str) -> None:
    other = httpx.get(f"{address}/metrics", headers={"x-forwarded-for": "203.0.113.7"})
    assert (other.status_code, set(other.json())) == (404, {"problem", "hint"})


def test_every_answer_has_an_id_and_keeps_one_that_was_sent(address: str) -> None:
    first, second = (httpx.get(address).headers["x-request-id"] for _ in range(2))
    assert first != second
    sent = httpx.get(address, headers={"x-request-id": "proxy-17"})
    assert sent.headers["x-request-id"] == "proxy-17"
    odd = httpx.get(address, headers={"x-request-id": "a b\t{}"})
    assert odd.headers["x-request-id"] not in ("", "a b\t{}")
    assert "x-request-id" in ask(address, "please crash").headers


@contextmanager
def logged() -> Iterator[StringIO]:
    """The log as it is written, each line in the context of what it tells."""
    written, root, own = StringIO(), logging.getLogger(), logging.getLogger("pullquote")
    handler, level = logging.StreamHandler(written), own.level
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
    own.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    own.setLevel(level)


def test_the_log_tells_a_request_and_not_its_question(address: str) -> None:
    with logged() as written:
        ask(address, SECRET)
        httpx.get(f"{address}/?q={SECRET}")
        ask(address, f"{SECRET} please crash")
        ask(address, f"{SECRET} please fail")
        until(lambda: written.getvalue().count('"pullquote.requests"') >= 4)
    text = written.getvalue()
    assert SECRET not in text
    lines = [json.loads(line) for line in text.splitlines()]
    told = [one for one in lines if one["logger"] == "pullquote.requests"]
    assert [(one["path"], one["status"]) for one in told] == [
        ("/api/ask", 200), ("/", 200), ("/api/ask", 500), ("/api/ask", 503),
    ]  # fmt: skip
    assert all(one["milliseconds"] >= 0 and one["method"] for one in told)


async def ask_the_page(address: str, question: str) -> str:
    """The id of the request that asked."""
    async with reading(address, "page", 1) as reader:
        ids: list[str] = []

        async def note(response: httpx.Response) -> None:
            if response.url.path.endswith("/queue/join"):
                ids.append(response.headers["x-request-id"])

        reader.client.event_hooks["response"].append(note)
        await hear(reader, question)
    (own,) = ids
    return own


def test_what_breaks_has_the_id_of_its_request_and_not_its_question() -> None:
    with serving(json_logs=True) as (address, process):
        of_page = asyncio.run(ask_the_page(address, f"{SECRET} please crash"))
        of_door = ask(address, f"{SECRET} please crash").headers["x-request-id"]
        process.terminate()
        assert process.stdout
        text = process.stdout.read()
    assert SECRET not in text
    broke = [line for line in map(json.loads, text.splitlines()) if "exception" in line]
    assert {line["request_id"] for line in broke} == {of_page, of_door}
    for line in broke:  # which says the question again
        assert "the secret of the house, and '[question]'" in line["exception"]


def test_questions_are_logged_where_the_owner_wants_it(
    index: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with FakeAssistant(index, log_questions=True) as assistant, open_doors(assistant) as (where, _):
        ask(where, SECRET)
    assert SECRET in "".join(JsonLines().format(one) for one in caplog.records)


def test_a_line_has_the_id_of_its_request_and_the_exception() -> None:
    try:
        raise ValueError("broken\nin two")
    except ValueError:
        record = logging.LogRecord("a", logging.ERROR, "f", 1, "It %s.", ("broke",), sys.exc_info())

    def written() -> str:
        here.set(Here("r1"))
        return JsonLines().format(record)

    line = copy_context().run(written)
    assert "\n" not in line
    found = json.loads(line)
    assert (found["message"], found["request_id"], found["level"]) == ("It broke.", "r1", "error")
    assert "ValueError: broken" in found["exception"]


@pytest.mark.parametrize(
    ("question", "said", "written"),
    [
        ("who?", "Nobody said who? to 'who?'", "Nobody said [question] to '[question]'"),
        (' say "a\\b"\n', r"got say \"a\\b\" there", "got [question] there"),
        ("über Ä", "no \\u00fcber \\u00c4 here", "no [question] here"),
        ("err", "An error.", "An error."),
        ("", "An error.", "An error."),
    ],
)
def test_a_question_is_left_out_wherever_somebody_says_it_again(
    question: str, said: str, written: str
) -> None:
    record = logging.LogRecord("a", logging.ERROR, "f", 1, "%s", (said,), None)

    def line() -> str:
        here.set(Here("r1", question))
        return JsonLines().format(record)

    assert json.loads(copy_context().run(line))["message"] == written
