"""What is told of requests: ids, figures and lines of the log."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from door_server import open_doors, until
from fake_assistant import LETTUCES, FakeAssistant, site_index
from prometheus_client.parser import text_string_to_metric_families

from ui.doors.logs import JsonLines
from ui.doors.requests import door_of, request_id

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


def test_the_log_tells_a_request_and_not_its_question(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ask(address, SECRET)
    httpx.get(f"{address}/?q={SECRET}")
    ask(address, f"{SECRET} please crash")
    ask(address, f"{SECRET} please fail")
    until(lambda: len([one for one in caplog.records if one.name == "pullquote.requests"]) >= 4)
    lines = [JsonLines().format(one) for one in caplog.records]
    assert SECRET not in "".join(lines)
    told = [json.loads(line) for line in lines if '"pullquote.requests"' in line]
    assert [(one["path"], one["status"]) for one in told] == [
        ("/api/ask", 200), ("/", 200), ("/api/ask", 500), ("/api/ask", 503),
    ]  # fmt: skip
    assert all(one["milliseconds"] >= 0 and one["method"] for one in told)


def test_questions_are_logged_where_the_owner_wants_it(
    index: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with FakeAssistant(index, log_questions=True) as assistant, open_doors(assistant) as (where, _):
        ask(where, SECRET)
    assert SECRET in "".join(JsonLines().format(one) for one in caplog.records)


def test_a_line_has_the_id_of_its_request_and_the_exception() -> None:
    token = request_id.set("r1")
    try:
        raise ValueError("broken\nin two")
    except ValueError:
        import sys

        record = logging.LogRecord("a", logging.ERROR, "f", 1, "It %s.", ("broke",), sys.exc_info())
    line = JsonLines().format(record)
    request_id.reset(token)
    assert "\n" not in line
    found = json.loads(line)
    assert (found["message"], found["request_id"], found["level"]) == ("It broke.", "r1", "error")
    assert "ValueError: broken" in found["exception"]
