"""The page without a browser: what a reader's doings lead to, and the server under it."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from fake_assistant import LETTUCES, FakeAssistant, serving, site_index

from rag.catalog_write import remove_posts
from rag.index import write_index
from rag.types import Answer, Turn
from ui.page.desk import EVERYWHERE, Conversation, Desk, Messages, Update
from ui.page.stream import Workers
from ui.render import LOOKING
from ui.withdrawn import WITHDRAWN

TAB = gr.Request(session_hash="tab")


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[FakeAssistant]:
    with FakeAssistant(site_index(tmp_path / "index")) as assistant:
        yield assistant


class Reader:
    """One tab, as Gradio drives the desk for it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.chat: Messages = []
        self.talk = Conversation()
        self.panel = ""
        self.texts: list[str] = []

    def begin(self, question: str) -> Any:
        box, chat = self.desk.begin(question, self.chat, TAB)
        if isinstance(chat, list):
            self.chat = chat
        return box

    def respond(self) -> None:
        for update in self.desk.respond(self.chat, self.talk, TAB):
            self.take(update)

    def take(self, update: Update) -> None:
        self.chat, self.talk, self.panel = update
        self.texts.append(self.said)

    def ask(self, question: str) -> str:
        self.begin(question)
        self.respond()
        self.desk.finish(TAB)
        return self.said

    @property
    def said(self) -> str:
        return str(self.chat[-1]["content"]) if self.chat else ""


@pytest.fixture
def reader(assistant: FakeAssistant) -> Reader:
    return Reader(Desk(assistant))


def test_an_old_citation_says_when_its_post_is_no_longer_published(
    reader: Reader, assistant: FakeAssistant
) -> None:
    reader.ask(LETTUCES)
    reader.ask(LETTUCES)
    assert WITHDRAWN not in reader.panel
    with write_index(assistant.settings.index, assistant.pipeline.embedder.id) as writer:
        remove_posts(writer.catalog, ["garden.example/2"])
        writer.finish()
    for earlier in (2, 3):
        reader.ask("When to sow tomatoes?")
        cards = reader.panel.split("<article ")[1:]
        gone = [card for card in cards if 'data-post="garden.example/2"' in card]
        assert len(gone) == 2
        assert all(WITHDRAWN in card for card in gone)
        others = [card for card in cards if card not in gone]
        assert len(others) >= earlier
        assert not any(WITHDRAWN in card for card in others)


def test_an_answer_grows_sentence_by_sentence(reader: Reader) -> None:
    reader.begin(LETTUCES)
    assert reader.said == f"*{LOOKING}*"
    reader.respond()
    markers = [text.count("](#c-0-") for text in reader.texts]
    assert markers[:3] == [1, 2, 3]
    assert markers == sorted(markers)
    assert "Checking" not in reader.said
    assert 'id="c-0-1"' in reader.panel


def test_earlier_turns_are_handed_on_and_keep_their_sources(
    reader: Reader, assistant: FakeAssistant
) -> None:
    reader.ask(LETTUCES)
    reader.ask("And with wool?")
    (first,) = assistant.histories[1]
    assert first == Turn(LETTUCES, first.answer)
    assert "twenty-two lettuces." in first.answer
    assert [message["role"] for message in reader.chat] == ["user", "assistant"] * 2
    assert 'id="c-0-1"' in reader.panel
    assert 'id="c-1-1"' in reader.panel


def test_a_failure_on_purpose_is_two_lines_and_no_turn(reader: Reader) -> None:
    said = reader.ask("please fail")
    assert said.split("\n\n") == [
        r"**The model &lt;b&gt;m&lt;\/b&gt; did not answer\.**",
        r"Start its server\.",
    ]
    assert reader.talk.turns == []
    assert reader.ask(LETTUCES).count("](#c-1-") > 0


def test_any_other_failure_tells_the_reader_nothing_of_the_inside(
    reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    said = reader.ask("please crash")
    assert said.startswith("**Something went wrong.**")
    assert "secret" not in said
    assert "the secret of the house" in caplog.text


def test_a_question_is_shown_as_it_was_typed(reader: Reader, assistant: FakeAssistant) -> None:
    reader.ask("is *this* <b>it</b>?")
    assert reader.chat[0]["content"] == r"is \*this\* &lt;b&gt;it&lt;\/b&gt;\?"
    assert reader.talk.turns[0].question == "is *this* <b>it</b>?"


@pytest.mark.parametrize("nothing", ["", "   \n"])
def test_an_empty_question_does_nothing(reader: Reader, nothing: str) -> None:
    reader.ask(nothing)
    assert reader.chat == []
    assert reader.ask(LETTUCES)


def test_a_recognised_filter_can_be_taken_off(reader: Reader) -> None:
    question = "How many posts by Tom Baker?"
    said = reader.ask(question)
    assert "Searched in posts by Tom Baker" in said
    (option,) = reader.chat[-1]["options"]
    assert option == {"label": EVERYWHERE, "value": question}
    chosen = gr.SelectData(None, {"index": 1, "value": option["value"]})
    _, reader.chat = reader.desk.begin_everywhere(chosen, reader.chat, TAB)
    assert reader.chat[-2]["content"] == question.replace("?", "\\?")
    reader.respond()
    assert "Searched in posts" not in reader.said
    assert "options" not in reader.chat[-1]


def test_stop_is_heard_while_the_assistant_is_stuck(reader: Reader) -> None:
    reader.begin("stuck")
    threading.Timer(0.3, reader.desk.stop, (TAB,)).start()
    started = time.monotonic()
    reader.respond()
    assert time.monotonic() - started < 5
    assert reader.said == "*Stopped.*"
    assert "](#c-" in reader.ask(LETTUCES)


def test_what_was_shown_before_stop_stays_and_counts_as_said(reader: Reader) -> None:
    reader.begin(f"{LETTUCES} slow")
    for update in reader.desk.respond(reader.chat, reader.talk, TAB):
        reader.take(update)
        reader.desk.stop(TAB)
    assert reader.said.endswith("*Stopped.*")
    assert reader.said.count("](#c-0-") == 1
    assert reader.talk.turns[0].answer == "The bed with wool mulch lost three of forty lettuces."


def test_a_second_question_waits_for_the_first(reader: Reader) -> None:
    reader.begin(LETTUCES)
    running = reader.desk.respond(reader.chat, reader.talk, TAB)
    next(running)
    before = list(reader.chat)
    reader.begin("another")
    assert reader.chat == before
    assert list(reader.desk.respond(reader.chat, reader.talk, TAB)) == []
    assert len(list(running)) > 1


def test_new_chat_forgets_the_conversation_and_what_is_still_coming(reader: Reader) -> None:
    reader.begin(f"{LETTUCES} slow")
    running = reader.desk.respond(reader.chat, reader.talk, TAB)
    next(running)
    chat, talk, _, _ = reader.desk.renew(TAB)
    assert (chat, talk) == ([], Conversation())
    assert [update[:2] for update in running] == [([], Conversation())]


def test_a_tab_that_is_closed_frees_its_place(reader: Reader) -> None:
    reader.begin(LETTUCES)
    reader.desk.leave(TAB)
    assert "](#c-" in reader.ask(LETTUCES)


def test_a_tab_that_is_closed_while_it_is_answered_ends_the_answer(reader: Reader) -> None:
    reader.begin(f"{LETTUCES} slow")
    running = reader.desk.respond(reader.chat, reader.talk, TAB)
    next(running)
    running.close()  # type: ignore[attr-defined]
    assert "](#c-0-" in reader.ask(LETTUCES)


def test_workers_raise_what_was_raised_and_go_on() -> None:
    workers = Workers(1)

    def broken() -> Iterator[Answer]:
        raise ValueError("broken")
        yield

    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            list(workers.until(threading.Event(), broken))
    assert list(workers.until(threading.Event(), lambda: iter(()))) == []


# ---------------------------------------------------------------- the server


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as (address, _):
        yield address


def test_the_page_says_what_may_be_loaded_and_from_where(address: str) -> None:
    page = httpx.get(address)
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["x-frame-options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in policy
    assert page.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "set-cookie" not in page.headers
    assert (
        "access-control-allow-origin"
        not in httpx.get(address, headers={"origin": "https://evil.example"}).headers
    )


def test_no_event_of_the_page_is_offered_as_an_interface(address: str) -> None:
    info = httpx.get(f"{address}/gradio_api/info").json()
    assert info["named_endpoints"] == {}


def test_pages_beside_it_are_served_without_scripts(address: str) -> None:
    for path in ("/site/tomatoes-from-seed/", "/site/tomatoes-from-seed"):
        page = httpx.get(address + path)
        assert "Sow tomatoes indoors" in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert httpx.get(address + "/site/nothing/").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/docs", "/openapi.json", "/monitoring", "/gradio_api/upload", "/gradio_api/proxy=x",
        "/gradio_api/file=/etc/passwd", "/gradio_api/file=http://127.0.0.1/",
        "/gradio_api/deep_link", "/static/..%2f..%2fpyproject.toml",
        "/assets/..%2f..%2f..%2fetc%2fpasswd", "/svelte/..%2f..%2f..%2fetc%2fpasswd",
        "/static/%2e%2e/%2e%2e/gradio/routes.py", "/assets/....//....//etc/passwd",
        "/gradio_api/file/etc/passwd", "/gradio_api/file=..%5c..%5cwindows%5cwin.ini",
        "/gradio_api/file=http%3A%2F%2F169.254.169.254%2Flatest%2Fmeta-data%2F",
        "/gradio_api/file=//evil.example/x", "/gradio_api/file=%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/file=/etc/passwd", "/proxy=http://127.0.0.1/", "/gradio_api/proxy=http://169.254.169.254/",
        "/gradio_api/proxy=https://x.hf.space/..%2f..%2f", "/gradio_api/upload_progress",
        "/gradio_api/component_server", "/gradio_api/custom_component/x/y/z/..%2f..%2fetc%2fpasswd",
        "/gradio_api/stream/a/b/c/playlist.m3u8", "/gradio_api/stream/a/b/c/..%2f..%2fx.ts",
        "/gradio_api/runs", "/gradio_api/run-history/records", "/gradio_api/openapi.json",
        "/gradio_api/vibe-code", "/gradio_api/profiling/traces", "/gradio_api/dev/reload",
        "/gradio_api/call/ask/x", "/monitoring/summary", "/pwa_icon/..%2f..%2fetc",
    ],
)  # fmt: skip
def test_what_a_chat_needs_none_of_is_closed(address: str, path: str) -> None:
    assert 400 <= httpx.get(address + path).status_code < 500


@pytest.mark.parametrize(
    "path",
    [
        "upload", "component_server", "call/ask", "call/v2/ask", "api/ask", "process_recording",
        "vibe-edit", "stream/x", "run-history/connect", "profiling/clear",
    ],
)  # fmt: skip
def test_nothing_of_gradio_but_the_pages_own_events_takes_anything(address: str, path: str) -> None:
    said = httpx.post(f"{address}/gradio_api/{path}", json={"data": ["/etc/passwd"]})
    assert 400 <= said.status_code < 500


def test_a_file_sent_along_with_a_question_is_not_read(address: str) -> None:
    """A forged history may name files of the server, or addresses that it could fetch."""
    forged = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
    fetched = {"path": "x", "url": "http://169.254.169.254/", "meta": {"_type": "gradio.FileData"}}
    for file in (forged, fetched):
        chat = [{"role": "user", "content": {"file": file, "alt_text": None}}]
        for number in range(8):
            said = httpx.post(
                f"{address}/gradio_api/run/predict",
                json={"data": ["x", chat], "fn_index": number, "session_hash": "s"},
            )
            assert "root:" not in said.text


def test_ctrl_c_ends_it_although_a_reader_is_there() -> None:
    with serving() as (address, process):
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as reader:
            reader.sendall(b"GET /gradio_api/heartbeat/x HTTP/1.1\r\nHost: x\r\n\r\n")
            assert reader.recv(100).startswith(b"HTTP/1.1 200")
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=15) == 0
        assert process.stdout
        assert process.stdout.read() == ""
