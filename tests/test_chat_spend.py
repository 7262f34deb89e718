"""What chat models may spend in a day."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from chatting import ASK, BARE, ask, assistant, number_in
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk
from openai_server import Reply, ScriptedServer, serving
from small_site import garden

from rag import Turn
from rag.chat.model import stream_text
from rag.chat.spend import ANSWER_TOKENS, FILE, DailySpend, tokens_of
from rag.errors import ModelUnavailable, Stopped
from rag.stopping import Stop
from rag.types import Basis


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    return garden(tmp_path / "index")


# ---------------------------------------------------------------- counting


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 1), ("a bed of wool mulch", 19 / 4), ("12 345", 1 / 4 + 5 / 1.5), ("벌레", 6 / 1.5)],
)
def test_tokens_are_letters_by_four_and_other_bytes_by_one_and_a_half(
    text: str, tokens: float
) -> None:
    assert tokens_of(text) == (int(tokens) + 1 if text else 1)


def test_a_lone_half_of_a_letter_is_counted() -> None:
    assert tokens_of("\ud800") == 1


# ---------------------------------------------------------------- a day


def test_what_is_held_is_set_right_when_it_is_known(tmp_path: Path) -> None:
    spend = DailySpend(tmp_path, 10_000)
    held = spend.hold(400)
    assert (held, spend.today()) == (400 + ANSWER_TOKENS, 400 + ANSWER_TOKENS)
    spend.settle(held, (380, 20))
    assert spend.today() == 400
    assert DailySpend(tmp_path, 10_000).today() == 400  # as after a restart


def test_at_the_limit_nothing_more_is_held_and_nothing_counted(tmp_path: Path) -> None:
    spend = DailySpend(tmp_path, 1000)
    spend.settle(spend.hold(100), (300, 100))
    with pytest.raises(ModelUnavailable, match=r"any more today: 1,000 tokens a day"):
        spend.hold(601 - ANSWER_TOKENS)
    assert spend.today() == 400
    assert spend.hold(600 - ANSWER_TOKENS) == 600


def test_the_next_day_begins_at_nothing(tmp_path: Path) -> None:
    day = [datetime(2026, 3, 1, 23, 59, tzinfo=UTC)]
    spend = DailySpend(tmp_path, 1000, now=lambda: day[0])
    held = spend.hold(400)
    day[0] = datetime(2026, 3, 2, tzinfo=UTC)
    assert spend.today() == 0
    spend.settle(held, (400, 50))  # of yesterday's answer, which ends today
    assert spend.today() == 0
    spend.hold(400)


def test_who_may_open_the_lock_may_read_the_count_and_nothing_else_is_left(tmp_path: Path) -> None:
    DailySpend(tmp_path, 1000).hold(400)
    lock = tmp_path / f"{FILE}.lock"
    lock.touch()  # some versions of filelock take it away with the lock
    assert sorted(one.name for one in tmp_path.iterdir()) == [FILE, lock.name]
    assert (tmp_path / FILE).stat().st_mode == lock.stat().st_mode


def test_a_file_that_somebody_else_wrote_counts_nothing(tmp_path: Path) -> None:
    for said in ("", "[]", '{"day": 3}', "\x00"):
        (tmp_path / FILE).write_text(said, encoding="ascii")
        assert DailySpend(tmp_path, 1000).today() == 0


def test_what_cannot_be_counted_is_not_spent(tmp_path: Path) -> None:
    (tmp_path / "no-folder").touch()
    spend = DailySpend(tmp_path / "no-folder", 1000)
    with pytest.raises(ModelUnavailable, match="cannot be counted") as caught:
        spend.hold(1)
    assert "chat_daily_tokens" in caught.value.hint


def test_many_at_once_hold_no_more_than_the_limit(tmp_path: Path) -> None:
    held: list[int] = []

    def hold() -> None:
        with suppress(ModelUnavailable):
            held.append(DailySpend(tmp_path, 5 * (ANSWER_TOKENS + 100)).hold(100))

    threads = [threading.Thread(target=hold) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == 5


# ---------------------------------------------------------------- in an answer


def spent(index: Path) -> int:
    return int(json.loads((index / FILE).read_text(encoding="ascii"))["tokens"])


def requested(server: ScriptedServer) -> int:
    (request,) = server.requests
    return sum(tokens_of(message["content"]) for message in request["messages"])


def test_an_answer_counts_what_was_asked_and_said(index: Path) -> None:
    said = f"{BARE[:-1]} [{number_in(index)}]."
    with serving(Reply((said,))) as server:
        answer = ask(server, index, chat_daily_tokens=100_000)
    assert answer.warnings == answer.warnings[:1]
    assert spent(index) == requested(server) + tokens_of(said)


def test_the_providers_own_count_is_taken_where_it_gives_one(index: Path) -> None:
    with serving(Reply(("NOT IN THE POSTS",), usage=(1234, 5))) as server:
        ask(server, index, chat_daily_tokens=100_000)
    assert spent(index) == 1239


def test_a_request_that_was_refused_costs_nothing(index: Path) -> None:
    with serving(Reply(status=401)) as server:
        ask(server, index, chat_daily_tokens=100_000)
    assert spent(index) == 0


def test_one_that_broke_off_costs_what_was_said(index: Path) -> None:
    with serving(Reply(("The bare bed", " lost"), cut=True)) as server:
        ask(server, index, chat_daily_tokens=100_000)
    assert spent(index) == requested(server) + tokens_of("The bare bed lost")


class Thinking(FakeListChatModel):
    """Tells what it counts in parts and as it goes, and may never come to its first word."""

    counted: tuple[tuple[int, int], ...] = ()
    silent: bool = False

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for asked, said in self.counted:
            usage = UsageMetadata(input_tokens=asked, output_tokens=said, total_tokens=asked + said)
            yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=usage))
        if self.silent:
            await asyncio.sleep(30)
        yield ChatGenerationChunk(message=AIMessageChunk(content=self.responses[0]))


def listened(folder: Path, model: Thinking, *, seconds: float = 10.0) -> int:
    """Tokens that are counted when all is read that the model says to a request of 100."""
    spend = DailySpend(folder, 100_000)
    asked = [("human", "a" * 396)]
    assert tokens_of(asked[0][1]) == 100
    with suppress(ModelUnavailable):
        list(stream_text(model, asked, name="fake", seconds=seconds, meter=spend))
    return spend.today()


def test_what_a_provider_counts_in_parts_is_added_up(tmp_path: Path) -> None:
    assert listened(tmp_path, Thinking(responses=["So."], counted=((3000, 1), (0, 50)))) == 3051


@pytest.mark.parametrize(("counted", "spent"), [((), 100), (((3000, 1),), 3000)])
def test_a_thought_that_is_called_off_costs_what_was_held(
    tmp_path: Path, counted: tuple[tuple[int, int], ...], spent: int
) -> None:
    model = Thinking(responses=["Never."], counted=counted, silent=True)
    assert listened(tmp_path, model, seconds=0.3) == spent + ANSWER_TOKENS


def test_a_reader_who_leaves_before_the_first_word_leaves_what_was_held(tmp_path: Path) -> None:
    spend, stop = DailySpend(tmp_path, 100_000), Stop()
    model = Thinking(responses=["Never."], silent=True)
    asked = [("human", "a" * 396)]

    def listen() -> None:
        threading.Timer(0.3, stop.now).start()
        with pytest.raises(Stopped):
            list(stream_text(model, asked, name="fake", seconds=20, meter=spend))

    stop.context().run(listen)
    assert spend.today() == 100 + ANSWER_TOKENS
    with pytest.raises(Stopped):  # nothing is sent for somebody who has left
        stop.context().run(list, stream_text(model, asked, name="fake", seconds=20, meter=spend))
    assert spend.today() == 100 + ANSWER_TOKENS


def test_a_connection_that_breaks_in_a_thought_costs_the_request(index: Path) -> None:
    with serving(Reply(cut=True)) as server:
        ask(server, index, chat_daily_tokens=100_000)
    assert spent(index) == requested(server)


def test_behind_the_limit_answers_are_quoted_and_say_so(index: Path) -> None:
    with (
        serving(Reply(("NOT IN THE POSTS",))) as server,
        assistant(server, index, chat_daily_tokens=1500) as opened,
    ):
        assert not opened.ask(ASK).answered
        answer = opened.ask(f"{ASK} Please.")
        assert len(server.requests) == 1
    assert {one.basis for one in answer.sentences} == {Basis.QUOTED}
    assert answer.warnings[-1] == (
        "The chat model may not be asked any more today: 1,500 tokens a day. "
        "Quoted from the posts instead."
    )


def test_a_limit_of_nothing_asks_nobody(index: Path) -> None:
    with serving(Reply(("Never.",))) as server:
        answer = ask(server, index, chat_daily_tokens=0)
        assert server.requests == []
    assert BARE in answer.text


def test_saying_a_question_by_itself_is_counted_too(index: Path) -> None:
    history = [Turn("How many lettuces did the bed with wool lose?", "Three of forty.")]
    with (
        serving(Reply(("How many lettuces did the bare bed lose?",))) as server,
        assistant(server, index, chat_daily_tokens=100_000) as opened,
    ):
        opened.understand("And the bare one?", history=history)
    assert spent(index) > requested(server)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_an_index_that_may_not_be_written_is_quoted_from(index: Path) -> None:
    index.chmod(0o500)
    with serving(Reply(("Never.",))) as server:
        answer = ask(server, index, chat_daily_tokens=1000)
    index.chmod(0o700)
    assert "cannot be counted" in answer.warnings[-1]


def test_no_limit_writes_no_file(index: Path) -> None:
    with serving(Reply(("NOT IN THE POSTS",))) as server:
        ask(server, index)
    assert not (index / FILE).exists()
