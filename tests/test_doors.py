"""Doors beside the page: `/api/ask`, `/api/posts`, health, and how they fail."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from door_server import open_doors, open_site, until
from fake_assistant import LETTUCES, FakeAssistant, site_index

from rag.catalog.catalog import Catalog
from rag.record import AnswerRecord, record
from rag.types import Turn
from ui.all_doors import Doors
from ui.doors.pulse import COMMENT
from ui.view import PageAnswer, view


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Doors]]:
    with open_site(tmp_path_factory.mktemp("doors")) as opened:
        yield opened


@pytest.fixture
def assistant(opened: tuple[str, Doors]) -> FakeAssistant:
    found = opened[1].asker.assistant
    assert isinstance(found, FakeAssistant)
    return found


@pytest.fixture(scope="module")
def address(opened: tuple[str, Doors]) -> str:
    return opened[0]


def ask(address: str, **body: Any) -> httpx.Response:
    return httpx.post(f"{address}/api/ask", json=body)


def events(text: str) -> list[tuple[str, Any]]:
    """Names and data of server-sent events."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        said = json.loads(data.removeprefix("data: "))
        found.append((name.removeprefix("event: "), said))
    return found


# ---------------------------------------------------------------- asking


def test_an_answer_is_the_record_that_the_command_line_prints(
    address: str, assistant: FakeAssistant
) -> None:
    said = ask(address, question=LETTUCES, id="q1")
    assert said.status_code == 200
    got = AnswerRecord.model_validate(said.json())
    own = record(assistant.ask(LETTUCES), id="q1")
    unlike: dict[str, Any] = {"timing_ms": {}}
    assert got.model_copy(update=unlike) == own.model_copy(update=unlike)
    assert got.sentences


def test_a_stream_gives_each_checked_sentence_once_and_then_the_whole(address: str) -> None:
    said = ask(address, question=f"{LETTUCES} invent", stream=True)
    assert said.headers["content-type"].startswith("text/event-stream")
    assert said.headers["cache-control"] == "no-store"
    *sentences, last = events(said.text)
    assert {name for name, _ in sentences} == {"sentence"}
    assert last[0] == "answer"
    assert [sentence for _, sentence in sentences] == last[1]["sentences"]
    assert last[1]["rejected"]
    assert "cheese" not in json.dumps(sentences)


def test_a_view_is_what_the_page_draws_at_once_or_as_it_grows(
    address: str, assistant: FakeAssistant
) -> None:
    question = f"{LETTUCES} invent"
    drawn = view(assistant.ask(question))
    assert PageAnswer.model_validate(ask(address, question=question, view=True).json()) == drawn
    said = events(ask(address, question=question, view=True, stream=True).text)
    assert {name for name, _ in said} == {"view"}
    views = [PageAnswer.model_validate(shown) for _, shown in said]
    assert [one.complete for one in views] == [False] * (len(views) - 1) + [True]
    assert len(views) > 2
    assert views[-1] == drawn
    assert "cheese" not in json.dumps([one for _, one in said[:-1]])
    assert drawn.left_out


def test_what_the_widgets_readers_copy_is_in_the_pages_language(tmp_path: Path) -> None:
    own = tmp_path / "de.json"
    own.write_text('{"is_quoted": "wörtlich"}', encoding="utf-8")
    given: dict[str, Any] = {"page_language": "de", "page_texts": own}
    index = site_index(tmp_path / "index")
    with FakeAssistant(index, **given) as assistant, open_doors(assistant) as (address, _):
        whole = ask(address, question=LETTUCES, view=True).json()
        *_, (_, last) = events(ask(address, question=LETTUCES, view=True, stream=True).text)
    assert "*Wörtlich*" in whole["markdown"]
    assert last["markdown"] == whole["markdown"]


def test_sentences_are_sent_while_the_answer_is_still_written(address: str) -> None:
    body = {"question": f"{LETTUCES} slow", "stream": True}
    with httpx.stream("POST", f"{address}/api/ask", json=body) as said:
        first = next(said.iter_text())
    assert first.startswith("event: sentence")
    assert "event: answer" not in first


def test_a_stream_says_in_a_silence_that_the_work_goes_on(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.doors.pulse.SECONDS", 0.1)
    said = ask(address, question=f"{LETTUCES} slow", stream=True).text
    assert said.startswith(COMMENT)
    between = said.removeprefix(COMMENT).partition("event: sentence")[2]
    assert COMMENT in between
    *sentences, last = events(said.replace(COMMENT, ""))
    assert [sentence for _, sentence in sentences] == last[1]["sentences"]


def test_what_fails_after_a_sign_of_life_is_an_event(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.doors.pulse.SECONDS", 0.1)
    said = ask(address, question="please fail late", stream=True)
    assert said.status_code == 200
    ((name, told),) = events(said.text.replace(COMMENT, ""))
    assert (name, told["hint"]) == ("error", "Start its server.")


def test_a_refusal_is_a_result(address: str) -> None:
    said = ask(address, question="Who won the world cup?").json()
    assert (said["answered"], said["sentences"]) == (False, [])
    assert said["nearest"]


def test_history_and_filters_go_with_the_question(address: str, assistant: FakeAssistant) -> None:
    said = ask(
        address,
        question="And with wool?",
        history=[{"question": LETTUCES, "answer": "Twenty-two."}],
        filters={"authors": ["Tom Baker"], "since": "2020-01-01T00:00:00"},
        recognise=False,
    ).json()
    assert assistant.histories[-1] == (Turn(LETTUCES, "Twenty-two."),)
    assert said["filters"]["authors"] == ["Tom Baker"]
    assert said["filters"]["since"] == "2020-01-01T00:00:00Z"


def test_a_limit_of_the_question_can_be_taken_off(address: str) -> None:
    asked = "How many posts by Tom Baker in 2023?"
    said = ask(address, question=asked, without={"authors": ["Tom Baker"]}).json()
    assert [one["words"] for one in said["recognised"]] == ["in 2023"]
    assert said["sentences"][0]["text"] == "There is 1 post from 2023."


# ---------------------------------------------------------------- failing


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"question": ""}, 422),
        ({"question": "   "}, 422),
        ({"question": "a" * 3000}, 422),
        ({"question": 7}, 422),
        ({"question": "x", "colour": "red"}, 422),
        ({"question": "x", "filters": {"authors": "Tom"}}, 422),
        ({"question": "x", "filters": {"since": "0001-01-01T00:00:00+14:00"}}, 422),
        ({"question": "please fail"}, 503),
        ({"question": "please fail", "stream": True}, 503),
        ({"question": "please crash"}, 500),
    ],
)
def test_what_fails_says_so_with_its_status_and_what_to_do(
    address: str, body: Any, status: int
) -> None:
    said = ask(address, **body)
    assert said.status_code == status
    assert set(said.json()) == {"problem", "hint"}
    assert all(said.json().values())
    assert "secret" not in said.text


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"authors": "Tom"}, 'filters.authors: takes a list of names, as in ["Ines Moreau"].'),
        ({"since": "last week"}, 'filters.since: takes a day or a time, as "2024-01-31" or'),
        ({"until": 2019}, "filters.until: takes a day or a time"),
    ],
)
def test_filters_that_do_not_fit_are_told_in_the_words_of_json(
    address: str, filters: Any, said: str
) -> None:
    refused = ask(address, question="x", filters=filters)
    assert refused.status_code == 422
    assert said in refused.json()["problem"]


def test_a_body_that_is_no_json_is_a_bad_request(address: str) -> None:
    said = httpx.post(
        f"{address}/api/ask", content=b"{", headers={"content-type": "application/json"}
    )
    assert (said.status_code, set(said.json())) == (400, {"problem", "hint"})


def test_half_a_letter_is_refused(address: str) -> None:
    body = b'{"question": "a \\ud800 b"}'
    headers = {"content-type": "application/json"}
    assert httpx.post(f"{address}/api/ask", content=body, headers=headers).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/ask", 405), ("GET", "/api/nothing", 404), ("POST", "/healthz", 405)],
)
def test_a_wrong_address_is_told_as_json(address: str, method: str, path: str, status: int) -> None:
    said = httpx.request(method, address + path)
    assert (said.status_code, set(said.json())) == (status, {"problem", "hint"})


def test_a_client_that_goes_away_frees_the_work(opened: tuple[str, Doors]) -> None:
    address, doors = opened
    host, port = address.removeprefix("http://").split(":")
    for stream in (False, True):
        body = json.dumps({"question": f"{LETTUCES} slow", "stream": stream})
        with socket.create_connection((host, int(port))) as client:
            head = f"POST /api/ask HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}"
            client.sendall(f"{head}\r\nContent-Type: application/json\r\n\r\n{body}".encode())
            until(lambda: doors.asker.open == 1)
        until(lambda: doors.asker.open == 0, seconds=0.6)  # before the next sentence is written


# ---------------------------------------------------------------- posts, health, the page


@pytest.mark.parametrize("wanted", ["garden.example/2", "garden.example%2F2"])
def test_a_post_is_read_section_by_section(address: str, wanted: str) -> None:
    said = httpx.get(f"{address}/api/posts/{wanted}").json()
    assert said["title"] == "Slugs without pellets"
    assert [section["headings"] for section in said["sections"]] == [[], ["Results"]]
    assert "twenty-two lettuces" in said["sections"][1]["text"]


def test_a_post_that_is_not_there_is_404_and_does_not_tell_where_the_index_lies(
    address: str, assistant: FakeAssistant
) -> None:
    said = httpx.get(f"{address}/api/posts/garden.example/77")
    assert (said.status_code, set(said.json())) == (404, {"problem", "hint"})
    assert said.json()["problem"] == "There is no post 'garden.example/77' in the index."
    assert str(assistant.settings.index) not in said.text


def test_ready_is_who_has_loaded_its_models(tmp_path: Path) -> None:
    with FakeAssistant(site_index(tmp_path / "index")) as cold, open_doors(cold) as (address, _):
        assert httpx.get(f"{address}/healthz").json() == {"status": "ok"}
        early = httpx.get(f"{address}/readyz")
        assert (early.status_code, early.json()["ready"]) == (503, False)
        cold.warm_up()
        late = httpx.get(f"{address}/readyz")
        assert (late.status_code, late.json()["ready"]) == (200, True)


@pytest.mark.parametrize("path", ["/readyz", "/metrics", "/v1/models"])
def test_a_catalog_that_is_slow_holds_up_nobody_else(
    address: str, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    read, go_on = threading.Event(), threading.Event()
    own = Catalog.meta

    def slow(catalog: Catalog, key: str) -> str | None:
        read.set()
        assert go_on.wait(60)
        return own(catalog, key)

    monkeypatch.setattr(Catalog, "meta", slow)
    with ThreadPoolExecutor(1) as beside:
        waits = beside.submit(httpx.get, address + path, timeout=60)
        assert read.wait(60)
        try:
            assert httpx.get(f"{address}/healthz", timeout=30).status_code == 200
            assert not waits.done()
        finally:
            go_on.set()
        assert waits.result().status_code == 200


def test_the_description_of_the_doors_asks_nobody_else_for_anything(address: str) -> None:
    page = httpx.get(f"{address}/api/docs")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    for wanted in ("POST /api/ask", "AnswerRecord", "GET /readyz"):
        assert wanted in page.text
    assert "<script" not in page.text
    assert "src=" not in page.text
    assert "//" not in page.text.replace("https://json-schema.org", "")
    described = httpx.get(f"{address}/api/openapi.json").json()
    assert set(described["paths"]) >= {"/api/ask", "/api/posts/{id}", "/healthz", "/readyz"}


def test_whatever_is_no_door_is_the_page(address: str) -> None:
    assert httpx.get(f"{address}/anything").text == "the page at /anything"
