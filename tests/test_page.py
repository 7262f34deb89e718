"""The page without a browser: what a reader's doings lead to, and the server under it."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_assistant import LETTUCES, FakeAssistant, serving, site_index

from bench.readers import Door, Growing, reading
from rag.catalog.write import remove_posts
from rag.errors import QuestionInvalid
from rag.index.index import write_index
from rag.types import Answer, Turn
from ui.doors.asking import WAITING
from ui.feedback import unanswered, votes
from ui.page import stream
from ui.page.desk import Desk, Reply
from ui.page.stream import Workers
from ui.page.suggest import examples, follow_ups
from ui.texts import load_texts

TAB = "tab"
TEXTS = load_texts()


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[FakeAssistant]:
    with FakeAssistant(site_index(tmp_path / "index")) as assistant:
        yield assistant


@pytest.fixture
def desk(assistant: FakeAssistant) -> Desk:
    return Desk(assistant, TEXTS)


def question(text: str, **more: Any) -> dict[str, Any]:
    return {"id": "q1", "question": text, **more}


def ask(desk: Desk, text: str, **more: Any) -> Reply:
    *_, last = desk.respond(question(text, **more), TAB)
    return last


# ---------------------------------------------------------------- answers


def test_an_answer_grows_sentence_by_sentence(desk: Desk) -> None:
    first, *growing, last = desk.respond(question(LETTUCES), TAB)
    assert (first.id, first.answer, first.over) == ("q1", None, False)
    shown = [len(reply.answer.shown) for reply in growing if reply.answer]
    assert shown[:3] == [1, 2, 3]
    assert shown == sorted(shown)
    assert not any(reply.over for reply in growing)
    assert last.over
    assert last.answer
    assert last.answer.complete
    assert not last.stopped


def test_what_the_browser_keeps_of_a_conversation_reaches_the_assistant(
    desk: Desk, assistant: FakeAssistant
) -> None:
    ask(desk, "And slugs?", history=[{"question": "Beds?", "answer": "Five."}, {"question": "Hm"}])
    assert assistant.histories[-1] == (Turn("Beds?", "Five."), Turn("Hm", ""))


def test_filters_are_looked_in_and_words_are_not_recognised_again(desk: Desk) -> None:
    by_tom = ask(desk, "How many posts by Tom Baker?")
    assert by_tom.answer
    assert [limit.name for limit in by_tom.answer.limits] == ["Tom Baker"]
    free = ask(desk, "How many posts by Tom Baker?", recognise=False)
    assert free.answer
    assert free.answer.limits == ()
    given = ask(desk, "seedlings", recognise=False, filters={"tags": ["spring"]})
    assert given.answer
    assert [(limit.kind, limit.name) for limit in given.answer.limits] == [("tag", "spring")]
    assert {card.title for card in given.answer.cards} == {"Tomatoes from seed"}


def test_a_limit_that_is_taken_off_is_no_subject_and_the_others_hold(desk: Desk) -> None:
    asked = "What did Tom Baker write about lettuces in 2023?"
    limited = ask(desk, asked)
    assert limited.answer
    assert [limit.kind for limit in limited.answer.limits] == ["author", "dates"]
    by_all = ask(desk, asked, without={"authors": ["Tom Baker"]})
    assert by_all.answer
    assert [limit.kind for limit in by_all.answer.limits] == ["dates"]
    assert by_all.answer.searched == limited.answer.searched == ("lettuces",)
    free = ask(desk, asked, without={"authors": ["Tom Baker"], "since": "2023-01-01T00:00:00Z"})
    assert free.answer
    assert free.answer.limits == ()
    assert free.answer.text.startswith("1 post about “lettuces” was found.")


def test_what_a_reader_copies_is_in_the_pages_language(
    assistant: FakeAssistant, tmp_path: Path
) -> None:
    own = tmp_path / "de.json"
    own.write_text('{"is_quoted": "wörtlich"}', encoding="utf-8")
    said = ask(Desk(assistant, load_texts("de", own)), LETTUCES)
    assert said.answer
    assert "*Wörtlich*" in said.answer.markdown


def test_a_failure_is_told_in_plain_words_and_names_no_secret(desk: Desk) -> None:
    known, unknown = ask(desk, "please fail"), ask(desk, "please crash")
    assert known.failure
    assert known.failure.problem == "The model <b>m</b> did not answer."
    assert unknown.failure
    assert unknown.failure.problem == TEXTS.say("broken")
    assert "secret" not in unknown.model_dump_json()
    assert known.over
    assert unknown.over
    assert ask(desk, LETTUCES).answer


def test_a_question_whose_tab_was_closed_while_it_waited_is_not_answered(desk: Desk) -> None:
    came = time.monotonic()
    desk.leave(TAB)
    assert list(desk.respond(question(LETTUCES), TAB, came)) == []
    *_, back = desk.respond(
        question(LETTUCES), TAB, time.monotonic()
    )  # its connection was only lost
    *_, other = desk.respond(question(LETTUCES), "another", came)
    assert back.answer
    assert other.answer
    assert back.answer.complete
    assert other.answer.complete


def test_a_question_that_waits_is_stopped_like_one_that_is_answered(
    desk: Desk, assistant: FakeAssistant
) -> None:
    came = time.monotonic()
    desk.stop(TAB)
    (stopped,) = desk.respond(question(LETTUCES), TAB, came)
    assert (stopped.id, stopped.over, stopped.stopped, stopped.answer) == ("q1", True, True, None)
    assert assistant.histories == []
    running = desk.respond(question(f"{LETTUCES} slow"), TAB, time.monotonic())
    next(running)
    assert [one.stopped for one in desk.respond(question("old"), TAB, came)] == [True]
    *_, later = running  # which the old one did not end
    *_, other = desk.respond(question(LETTUCES), "another", came)
    for reply in (later, other):
        assert not reply.stopped
        assert reply.answer
        assert reply.answer.complete


@pytest.mark.parametrize(
    "sent",
    [
        None, 7, {}, {"id": "1"}, {"question": "a"}, {"id": "1", "question": "a", "shell": "x"},
        {"id": "1", "question": "a" * 20_001}, {"id": "1", "question": 1},
        {"id": "1", "question": "a", "filters": {"colour": "red"}},
        {"id": "1", "question": "a", "history": [{"question": "x"}] * 51},
        {"id": "x" * 41, "question": "a"},
    ],
)  # fmt: skip
def test_what_the_page_never_sends_is_refused(desk: Desk, sent: Any) -> None:
    (reply,) = desk.respond(sent, TAB)
    assert reply.over
    assert reply.failure
    assert "does not fit" in reply.failure.problem
    assert ask(desk, LETTUCES).answer


def test_an_empty_and_a_long_question_are_told(desk: Desk) -> None:
    for text in ("   ", "a" * 2001):
        reply = ask(desk, text)
        assert reply.failure
        assert reply.failure.hint


def test_earlier_answers_are_told_when_a_post_has_left_the_index(
    desk: Desk, assistant: FakeAssistant
) -> None:
    cited = ["garden.example/1", "garden.example/2"]
    assert ask(desk, LETTUCES, cited=cited).gone == ()
    with write_index(assistant.settings.index, assistant.pipeline.embedder.id) as writer:
        remove_posts(writer.catalog, ["garden.example/2"])
        writer.finish()
    assert ask(desk, LETTUCES, cited=cited).gone == ("garden.example/2",)


# ---------------------------------------------------------------- leaving


def test_stop_keeps_what_was_checked(desk: Desk) -> None:
    replies = desk.respond(question(f"{LETTUCES} slow"), TAB)
    for reply in replies:
        if reply.answer:
            break
    desk.stop(TAB)
    *_, last = replies
    assert (last.over, last.stopped) == (True, True)
    assert last.answer
    assert last.answer.text == "The bed with wool mulch lost three of forty lettuces."


def test_stop_before_anything_was_said_leaves_no_answer(desk: Desk) -> None:
    replies = desk.respond(question("stuck"), TAB)
    next(replies)
    desk.stop(TAB)
    (last,) = replies
    assert (last.over, last.stopped, last.answer) == (True, True, None)


def test_a_second_question_of_a_tab_ends_the_first(desk: Desk) -> None:
    first = desk.respond(question(f"{LETTUCES} slow"), TAB)
    next(first)
    assert ask(desk, LETTUCES).answer
    *_, last = first
    assert last.stopped


def test_tabs_do_not_stop_one_another(desk: Desk) -> None:
    first = desk.respond(question(f"{LETTUCES} slow"), "one")
    next(first)
    desk.stop("two")
    *_, last = first
    assert not last.stopped


def test_a_tab_that_is_closed_frees_its_place(desk: Desk) -> None:
    running = desk.respond(question(f"{LETTUCES} slow"), TAB)
    next(running)
    running.close()
    assert desk._runs == {}


def test_a_long_silence_is_no_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PULSE", 0.2)
    first, *pulses, last = desk.respond(question(f"{LETTUCES} slow"), TAB)
    assert any(reply.answer is None and not reply.over for reply in pulses)
    assert last.answer
    assert last.answer.complete
    assert first.id == last.id


def test_what_is_stopped_before_a_thread_is_free_is_not_begun() -> None:
    workers, stop, begun = Workers(1), threading.Event(), []

    def begin() -> Iterator[Answer]:
        begun.append(True)
        return iter(())

    stop.set()
    assert list(workers.until(stop, begin)) == []
    # The same thread comes to this one behind it.
    assert list(workers.until(threading.Event(), lambda: iter(()))) == []
    assert begun == []


def test_workers_raise_what_was_raised_and_go_on() -> None:
    workers = Workers(1)

    def broken() -> Iterator[Answer]:
        raise ValueError("broken")
        yield

    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            list(workers.until(threading.Event(), broken))
    assert list(workers.until(threading.Event(), lambda: iter(()))) == []


# ---------------------------------------------------------------- what is offered


def test_examples_are_made_of_the_posts_own_headings(assistant: FakeAssistant) -> None:
    found = examples(assistant.index, TEXTS)
    assert "What does “Slugs without pellets” say about “Results”?" in found
    assert len(found) == len(set(found)) == 2  # of the post whose title fits no button: none


def test_only_examples_that_are_answered_are_offered(tmp_path: Path) -> None:
    with FakeAssistant(site_index(tmp_path / "index")) as assistant:
        refusing = assistant.settings.model_copy(update={"min_answerable": 1.0})
        desk = Desk(assistant, TEXTS)
        assert len(desk.about().examples) == 2
        assert refusing.min_answerable == 1.0
        deadline = time.monotonic() + 10
        while len(assistant.histories) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(assistant.histories) == 2
        assert desk.about().examples == examples(assistant.index, TEXTS)
    chosen = Desk(assistant, TEXTS, ("Why?",))
    assert chosen._chosen == ("Why?",)


def test_follow_ups_are_sections_beside_those_that_were_cited(assistant: FakeAssistant) -> None:
    answer = assistant.ask("When to sow tomatoes indoors before the last frost?")
    cited = {one.section.headings for s in answer.sentences for one in s.citations if one.section}
    offered = follow_ups(answer, assistant.index, TEXTS)
    assert ("When to sow",) in cited
    assert "What does “Tomatoes from seed” say about “Hardening off”?" in offered
    assert not any("When to sow" in one for one in offered)
    assert follow_ups(assistant.ask("the world cup"), assistant.index, TEXTS) == ()


# ---------------------------------------------------------------- votes


def test_votes_are_kept_only_where_the_owner_wants_it(tmp_path: Path) -> None:
    vote = {"question": "Why?", "good": False, "reason": "wrong-source"}
    with FakeAssistant(site_index(tmp_path / "index")) as assistant:
        folder = assistant.settings.index
        Desk(assistant, TEXTS).vote(vote)
        assert votes(folder).all() == []
        assistant.settings = assistant.settings.model_copy(update={"keep_feedback": True})
        Desk(assistant, TEXTS).vote(vote)
        (one,) = votes(folder).all()
        assert (one.question, one.good, one.reason) == ("Why?", False, "wrong-source")
        wrongs: tuple[Any, ...] = (
            None,
            {},
            {**vote, "reason": "<b>"},
            {**vote, "who": "me"},
            {**vote, "id": 41 * "x"},
        )
        for wrong in wrongs:
            with pytest.raises(QuestionInvalid):
                Desk(assistant, TEXTS).vote(wrong)
        assert len(votes(folder).all()) == 1


def test_a_thumb_and_its_reason_are_one_vote(tmp_path: Path) -> None:
    with FakeAssistant(site_index(tmp_path / "index"), keep_feedback=True) as assistant:
        desk = Desk(assistant, TEXTS)
        given = {"id": "q1", "question": "Why?", "good": False}
        assert desk.vote(given).reason == ""
        assert desk.vote({**given, "reason": "other"}).model_dump() == {**given, "reason": "other"}
        desk.vote({**given, "id": "q2", "good": True})
        kept = votes(assistant.settings.index).all()
    assert [(one.turn, one.good, one.reason) for one in kept] == [
        ("q1", False, "other"), ("q2", True, ""),
    ]  # fmt: skip


def test_a_question_without_an_answer_is_kept_once_it_is_over(tmp_path: Path) -> None:
    index = site_index(tmp_path / "index")
    with FakeAssistant(index, keep_questions=True) as assistant:
        desk = Desk(assistant, TEXTS)
        for question in ("How many lettuces?", " Who won the world cup? ", "please fail"):
            list(desk.respond({"id": "1", "question": question}, "tab"))
        assert [one.question for one in unanswered(index).all()] == ["Who won the world cup?"]


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


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_although_a_reader_is_there(sent: signal.Signals) -> None:
    with serving(stop_timeout=3000) as (address, process):
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as reader:
            reader.sendall(b"GET /gradio_api/heartbeat/x HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert reader.recv(100).startswith(b"HTTP/1.1 200")
            process.send_signal(sent)
            assert process.wait(timeout=15) == 0
        assert process.stdout
        assert process.stdout.read() == ""


def test_no_more_questions_wait_on_the_page_than_at_the_doors() -> None:
    with serving() as (address, _), httpx.Client(base_url=address, timeout=60) as client:
        events = client.get("/config").json()["dependencies"]
        ((number, target),) = [
            (one["id"], target) for one in events for target, event in one["targets"]
            if event == "submit"
        ]  # fmt: skip

        def join(tab: int) -> int:
            asked = {"id": "q1", "question": f"{LETTUCES} wait"}
            event = {"data": [], "event_data": asked, "fn_index": number, "trigger_id": target}
            return client.post(
                "/gradio_api/queue/join", json={**event, "session_hash": f"tab{tab}"}
            ).status_code

        said = [join(0)]
        while said[-1] == 200 and len(said) < 4 * WAITING:  # some may be answered
            said.append(join(len(said)))
        assert len(said) > WAITING
        assert said[-1] == 503


async def last_heard(address: str, door: Door, begun: asyncio.Barrier) -> Growing:
    """What came last for a slow question; behind its first sentence, others are waited for."""
    waited = False
    async with reading(address, door, 1) as reader:
        with suppress(httpx.HTTPError):
            async for last in reader.growing(f"{LETTUCES} slow", "q1"):
                if last.answer and not waited:
                    waited = True
                    await begun.wait()
    return last


async def told_to_end(address: str, process: subprocess.Popen[str]) -> list[bool]:
    """Whether answers of page and API came to their end, that had begun before the server's."""
    begun = asyncio.Barrier(3)

    async def end() -> None:
        await begun.wait()
        process.terminate()

    *heard, _ = await asyncio.gather(
        last_heard(address, "page", begun), last_heard(address, "api", begun), end()
    )
    return [last.over for last in heard]


@pytest.mark.parametrize("patience", [0, 3000])
def test_a_server_that_is_told_to_end_lets_answers_come_to_theirs(patience: int) -> None:
    with serving(stop_timeout=patience) as (address, process):
        assert asyncio.run(told_to_end(address, process)) == [bool(patience)] * 2
        assert process.wait(timeout=30) == 0
