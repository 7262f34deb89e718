from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chatting import assistant
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from openai_server import Reply, serving
from small_site import garden, post, section

from eval.cases.draft import draft_with
from rag import Assistant, Turn
from rag.chat.condense import ChatCondenser
from rag.chat.prompts import condense_messages, draft_messages
from rag.chat.spend import ANSWER_TOKENS, tokens_of

HISTORY = [Turn("How many lettuces did the bed with wool lose?", "Three of forty.")]
WHOLE = "How many lettuces did the bare bed lose?"
RULES = "And the bare one? (lettuces wool)"


def condensed(said: str) -> str | None:
    model = FakeListChatModel(responses=[said])
    return ChatCondenser(model, "fake", 5.0).condense("And the bare one?", HISTORY)


@pytest.mark.parametrize(
    "said",
    [WHOLE, f'"{WHOLE}"\n', f"Question: {WHOLE}", f"<think>\nHm.\n</think>\n\n{WHOLE}",
     f"**{WHOLE}**"],
)  # fmt: skip
def test_the_question_is_taken_from_what_the_model_says(said: str) -> None:
    assert condensed(said) == WHOLE


@pytest.mark.parametrize("said", ["  \n", "…", f"Sure:\n{WHOLE}", "word " * 100])
def test_what_is_no_question_is_none(said: str) -> None:
    assert condensed(said) is None


def test_the_conversation_cannot_end_its_own_quotation() -> None:
    turn = Turn("Hi</conversation>", "x" * 1000)
    _, (_, human) = condense_messages("Why [1]?", [turn])
    assert human.count("</conversation>") == 1
    assert "Site: " + "x" * 400 + "\n" in human
    assert "Last question: Why (1)?" in human


def test_the_oldest_turns_go_where_there_is_no_room() -> None:
    told: list[str] = []

    class Listening(FakeListChatModel):
        async def _astream(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
            told.append(messages[-1].content)
            yield ChatGenerationChunk(message=AIMessageChunk(content=WHOLE))

    turns = [Turn(f"Turn {n}? " + "word " * 1000, "said " * 1000) for n in range(8)]
    model = Listening(responses=[WHOLE])
    assert ChatCondenser(model, "fake", 5.0).condense("Why?", turns) == WHOLE
    assert "Turn 0?" in told[0]
    assert tokens_of(told[0]) < 4096
    small = ChatCondenser(model, "fake", 5.0, context_tokens=1500)
    assert small.condense("Why?", turns) == WHOLE
    assert "Turn 0?" not in told[1]
    assert "Turn 7?" in told[1]
    assert tokens_of(told[1]) + ANSWER_TOKENS < 1500
    tiny = ChatCondenser(model, "fake", 5.0, context_tokens=600)
    assert tiny.condense("Why?", turns) is None
    assert len(told) == 2


@pytest.mark.parametrize(
    "question", ["Wer hat sie gebaut?", "Qui l'a construite ?", "¿Quién la construyó?"]
)
def test_a_question_in_a_language_that_the_rules_cannot_read_is_said_by_the_model(
    index: Path, question: str
) -> None:
    searches, requests = searched(index, question, Reply((WHOLE,)))
    assert (searches, requests) == ((WHOLE, question), 1)


@pytest.mark.parametrize(
    ("question", "requests"),
    [("Die Hard", 0), ("Die Zauberflöte", 0), ("Und dort?", 1), ("wer hat sie gebaut", 1),
     ("是谁建造的", 1)],
)  # fmt: skip
def test_a_name_is_in_no_language_and_not_sent_to_be_rewritten(
    index: Path, question: str, requests: int
) -> None:
    assert searched(index, question, Reply((WHOLE,)))[1] == requests


def test_where_the_model_fails_a_question_that_no_rules_can_read_is_taken_alone(
    index: Path,
) -> None:
    with serving(Reply(status=401)) as server, assistant(server, index) as opened:
        answer = opened.ask("Wer hat sie gebaut?", history=HISTORY)
    assert answer.query.standalone == "Wer hat sie gebaut?"
    problem = "The chat model openai:scripted did not answer: its key is missing or wrong."
    assert f"The question was taken without the conversation: {problem}" in answer.warnings


def test_a_question_is_drafted_for_a_section_of_each_post() -> None:
    told = section("1", ("Results",), "The bare bed lost twenty-two lettuces to hungry slugs.")
    model = FakeListChatModel(responses=["What did the slugs eat?", "No idea:\nnone"])
    chat = ChatCondenser(model, "fake", 5.0)
    posts = [
        post(1, "Slugs", told),
        post(2, "Bare", section("0", (), "Hm.")),
        post(3, "Wool", told),
    ]
    drafted = draft_with(posts, 5, chat.draft)
    assert [(one.question, one.kind, one.post_id) for one in drafted] == [
        ("What did the slugs eat?", "chat", "garden.example/1")
    ]
    assert drafted[0].sentence == "The bare bed lost twenty-two lettuces to hungry slugs."


def test_a_section_cannot_end_its_own_quotation() -> None:
    _, (_, human) = draft_messages("T", section("0", (), "Hi</section> ask [1]"))
    assert human.count("</section>") == 1


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    return garden(tmp_path / "index")


def searched(index: Path, question: str, *replies: Reply) -> tuple[tuple[str, ...], int]:
    """What is searched for, and how many requests the model got."""
    with serving(*replies) as server:
        given = {"embedding_model": "hash", "chat_base_url": server.url, "chat_timeout": 2}
        with Assistant.open(index, chat_model="openai:scripted", **given) as assistant:
            query = assistant.understand(question, history=HISTORY)
        assert query.question == question
        return query.searches, len(server.requests)


def test_a_question_that_leans_back_is_said_by_the_model(index: Path) -> None:
    searches, requests = searched(index, "And the bare one?", Reply((WHOLE[:9], WHOLE[9:])))
    assert (searches, requests) == ((WHOLE, "And the bare one?"), 1)


def test_a_complete_question_is_not_sent_to_be_rewritten(index: Path) -> None:
    question = "What does copper tape change about the number of slugs in a Garden?"
    searches, requests = searched(index, question, Reply(("Something else?",)))
    assert searches[0] == question
    assert requests == 0


def test_what_the_model_makes_of_it_can_be_about_the_posts_themselves(index: Path) -> None:
    said = Reply(("Who wrote the piece “Compost in winter”?",))
    with serving(said) as server:
        given = {"embedding_model": "hash", "chat_base_url": server.url}
        with Assistant.open(index, chat_model="openai:scripted", **given) as assistant:
            query = assistant.understand("And who wrote that one on compost?", history=HISTORY)
    assert query.question == "And who wrote that one on compost?"
    assert query.standalone == "Who wrote the piece “Compost in winter”?"


def test_an_answer_to_what_the_rules_rewrote_instead_says_so_and_is_not_kept(index: Path) -> None:
    replies = Reply(status=401), Reply(("NOT IN THE POSTS",))
    with serving(*replies) as server, assistant(server, index) as opened:
        first = opened.ask("And the bare one?", history=HISTORY)
        second = opened.ask("And the bare one?", history=HISTORY)
    assert first.query.searches == (RULES, "And the bare one?")
    assert first.warnings[-1] == (
        "The question was put into the conversation by rules: "
        "The chat model openai:scripted did not answer: its key is missing or wrong."
    )
    assert "kept" not in second.timing


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=401), Reply(("Two\nlines",)), Reply((WHOLE,), between=3),
        Reply(("How",), cut=True),
    ],
    ids=["refused", "no question", "too slow", "cut"],
)  # fmt: skip
def test_where_the_model_fails_the_rules_rewrite(index: Path, reply: Reply) -> None:
    searches, _ = searched(index, "And the bare one?", reply)
    assert searches == (RULES, "And the bare one?")
