"""What callers hand over with a question: taken for what is plainly meant, or refused in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage
from small_site import garden

from rag import Assistant, Filters, Turn
from rag.asked import asked, limits, turns
from rag.errors import IndexUnavailable, QuestionInvalid

ASK = "How many lettuces did the bare bed lose?"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder: Path = garden(tmp_path_factory.mktemp("asked") / "index")
    with Assistant.open(folder, embedding_model="hash", min_answerable=0.0) as opened:
        yield opened


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"question": None}, "A question is a text, not None"),
    ({"question": 7}, "A question is a text, not 7"),
    ({"question": ["Who?"]}, "A question is a text"),
    ({"question": b"Who?"}, "A question is a text"),
    ({"history": ["x"]}, "no turn: str"),
    ({"history": "x"}, "no turn: str"),
    ({"history": 7}, "no turn: int"),
    ({"history": Turn("Who?")}, "no turn: Turn"),
    ({"history": [Turn(None)]}, "no turn: Turn"),  # type: ignore[arg-type]
    ({"history": [None]}, "no turn: NoneType"),
    ({"history": [("a", "b")]}, "message of 'a', which is no role"),
    ({"history": [{"role": "reader", "content": "Who?"}]}, "message of 'reader'"),
    ({"history": [("Who?", "A man.", "Why?")]}, "no turn: tuple"),
    ({"filters": "Ines"}, "they are a mapping, not 'Ines'"),
    ({"filters": ["Ines"]}, "they are a mapping"),
    ({"filters": {"author": "Ines"}}, "author: "),
    ({"filters": {"authors": 7}}, "authors: takes a list of names"),
    ({"filters": {"authors": {"name": "Ines"}}}, "authors: takes a list of names"),
    ({"filters": {"authors": ["Ines", 7]}}, "authors.1: Input should be a valid string"),
    ({"filters": {"since": "last week"}}, "since: takes a day or a time, as"),
    ({"filters": {"since": 2019}}, "since: takes a day or a time, as"),
    ({"filters": {"until": "2019"}}, "until: takes a day or a time, as"),
    ({"filters": {"until": True}}, "until: takes a day or a time, as"),
    ({"filters": Filters(since="soon")}, "since: takes a day or a time"),  # type: ignore[arg-type]
    ({"filters": Filters(tags=3)}, "tags: takes a list of names"),  # type: ignore[arg-type]
    ({"without": {"since": "soon"}}, "since: takes a day or a time"),
    ({"recognise": "no"}, "recognise is True or False, not 'no'"),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_what_does_not_fit_is_refused_before_anything_is_asked(
    assistant: Assistant, given: dict[str, Any], said: str
) -> None:
    question, beside = given.get("question", ASK), {**given}
    beside.pop("question", None)
    for call in (assistant.ask, assistant.stream, assistant.understand):
        with pytest.raises(QuestionInvalid) as refused:
            call(question, **beside)
        assert said in refused.value.problem
        assert refused.value.hint


DAY = datetime(2019, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (None, Filters()),
        ({}, Filters()),
        ({"authors": "Ines Moreau"}, Filters(authors=("Ines Moreau",))),
        (Filters(authors="Ines Moreau"), Filters(authors=("Ines Moreau",))),  # type: ignore[arg-type]
        (Filters(tags=["a", "b"]), Filters(tags=("a", "b"))),  # type: ignore[arg-type]
        ({"categories": None, "tags": {"a"}}, Filters(tags=("a",))),
        (Filters(since="2019-01-01"), Filters(since=DAY)),  # type: ignore[arg-type]
        (Filters(until=date(2019, 1, 1)), Filters(until=DAY)),  # type: ignore[arg-type]
        ({"since": datetime(2019, 1, 1)}, Filters(since=DAY)),
        ({"since": "2019-01-01T00:00:00Z"}, Filters(since=DAY)),
        (
            {"since": datetime(2019, 1, 1, 9, tzinfo=timezone(timedelta(hours=9)))},
            Filters(since=DAY),
        ),
    ],
)
def test_filters_are_taken_for_what_is_plainly_meant(given: Any, meant: Filters) -> None:
    assert limits(given) == meant
    assert asked(ASK, None, None, True, given).without == meant


def test_one_author_as_a_text_is_one_author(assistant: Assistant) -> None:
    plain = Filters(authors="Ines Moreau")  # type: ignore[arg-type]
    answer = assistant.ask(ASK, filters=plain)
    assert answer.query.filters.authors == ("Ines Moreau",)
    assert answer.warnings == assistant.ask(ASK, filters={"authors": ["Ines Moreau"]}).warnings


def test_history_in_other_forms() -> None:
    assert turns(None) == turns(()) == ()
    assert turns(iter([Turn("A?"), {"question": "B?", "answer": None}])) == (Turn("A?"), Turn("B?"))
    messages = [
        ("system", "Be brief."),
        HumanMessage("A?"),
        AIMessageChunk(content="So."),
        ("tool", "…"),
    ]
    assert turns(messages) == (Turn("A?", "So."),)


def test_a_closed_assistant_refuses_what_is_asked_later_and_ends_what_is_under_way(
    tmp_path: Path,
) -> None:
    with Assistant.open(
        garden(tmp_path / "index"), embedding_model="hash", min_answerable=0.0
    ) as assistant:
        under_way = assistant.stream(ASK)
        next(under_way)
        query = assistant.understand(ASK)
    *_, last = under_way
    assert last.complete
    calls: list[Callable[[], object]] = [
        lambda: assistant.ask(ASK),
        lambda: list(assistant.stream(ASK)),
        lambda: assistant.understand(ASK),
        lambda: assistant.retrieve(query),
        lambda: assistant.chain.invoke(ASK),
        lambda: assistant.retriever.invoke(ASK),
        lambda: assistant.provenance,
        assistant.warm_up,
    ]
    for call in calls:
        with pytest.raises(IndexUnavailable, match="was closed"):
            call()
    assistant.close()
