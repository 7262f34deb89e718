"""The posts as a model of OpenAI's form, asked with the real clients."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import openai
import pytest
from door_server import open_site, until
from fake_assistant import LETTUCES, FakeAssistant
from langchain_openai import ChatOpenAI

from rag.record import NOT_ASKED, AnswerRecord
from rag.types import Filters, Recognised, Turn
from ui.all_doors import Doors
from ui.doors.footnotes import inert, marks, whole, words_of
from ui.doors.pulse import COMMENT
from ui.doors.unasked import unasked


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
def client(opened: tuple[str, Doors]) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{opened[0]}/v1", api_key="none", max_retries=0) as client:
        yield client


def langchain(address: str, **clients: object) -> ChatOpenAI:
    """With clients of the test's own: LangChain's would stay open."""
    given: dict[str, Any] = {"model": "pullquote", "api_key": "none", "max_retries": 0, **clients}
    return ChatOpenAI(base_url=f"{address}/v1", **given)


def completed(
    client: openai.OpenAI, question: str, **more: object
) -> openai.types.chat.ChatCompletion:
    return client.chat.completions.create(
        model="pullquote", messages=[{"role": "user", "content": question}], extra_body=more
    )


# ---------------------------------------------------------------- OpenAI's client


def test_the_posts_are_the_one_model(client: openai.OpenAI) -> None:
    (only,) = client.models.list().data
    assert only.id == "pullquote"
    assert client.models.retrieve("pullquote") == only
    with pytest.raises(openai.NotFoundError, match="There is no model 'gpt-4o'"):
        client.models.retrieve("gpt-4o")


def test_an_answer_has_its_citations_as_footnotes_and_as_fields(client: openai.OpenAI) -> None:
    completion = completed(client, LETTUCES)
    (choice,) = completion.choices
    text = choice.message.content or ""
    said, _, below = text.partition("\n\nSources:\n\n")
    answer = AnswerRecord.model_validate((completion.model_extra or {})["pullquote"])
    assert [line.split(" [")[0] for line in said.split("\n\n")] == [
        inert(sentence.text) for sentence in answer.sentences
    ]
    assert below.startswith("- [1] [Slugs without pellets › Results](<https://garden.example/")
    annotations = choice.message.annotations or []
    assert len(annotations) == sum(len(one.citations) for one in answer.sentences)
    for annotation in annotations:
        cited = annotation.url_citation
        assert text[cited.start_index : cited.end_index].strip("[]").isdigit()
        assert cited.url.startswith("https://garden.example/") or not cited.url
        assert inert((cited.model_extra or {})["quote"]) in said


def test_a_stream_says_the_same_in_pieces(client: openai.OpenAI) -> None:
    whole_one = completed(client, LETTUCES)
    pieces = list(
        client.chat.completions.create(
            model="pullquote", messages=[{"role": "user", "content": LETTUCES}], stream=True
        )
    )
    said = [piece.choices[0].delta.content or "" for piece in pieces]
    assert "".join(said) == whole_one.choices[0].message.content
    assert len([piece for piece in said if "*(Quoted)*" in piece]) > 1
    last = pieces[-1]
    assert last.choices[0].finish_reason == "stop"
    kept = [one.model_dump() for one in whole_one.choices[0].message.annotations or []]
    assert (last.choices[0].delta.model_extra or {})["annotations"] == kept
    assert AnswerRecord.model_validate((last.model_extra or {})["pullquote"]).answered


def test_earlier_messages_are_turns_without_their_sources(
    client: openai.OpenAI, assistant: FakeAssistant
) -> None:
    text = completed(client, LETTUCES).choices[0].message.content or ""
    client.chat.completions.create(
        model="pullquote",
        messages=[
            {"role": "system", "content": "Be rude."},
            {"role": "user", "content": LETTUCES},
            {"role": "assistant", "content": text},
            {"role": "user", "content": [{"type": "text", "text": "And with wool?"}]},
        ],
    )
    (turn,) = assistant.histories[-1]
    answer = assistant.ask(LETTUCES)
    assert turn == Turn(LETTUCES, "\n\n".join(one.text for one in answer.sentences))
    assert "Quoted" in text


def test_filters_go_in_the_extra_body(client: openai.OpenAI) -> None:
    completion = completed(client, LETTUCES, filters={"authors": ["Ines Moreau"]})
    answer = AnswerRecord.model_validate((completion.model_extra or {})["pullquote"])
    assert answer.filters.authors == ("Ines Moreau",)
    assert "garden.example/2" not in {hit.post_id for hit in answer.hits}


def test_a_refusal_says_so_and_names_what_is_nearest(client: openai.OpenAI) -> None:
    text = completed(client, "Who won the world cup?").choices[0].message.content or ""
    assert text.startswith("No answer was found in the posts.")
    assert "The nearest sections, and what they say:\n\n- [" in text
    named = completed(client, "Does Zaphod eat the lettuces?").choices[0].message.content or ""
    why, _, near = named.partition("The nearest sections, and what they say:")
    assert "Note: No post mentions “Zaphod”." in why
    assert "Note: No post mentions" not in near


@pytest.mark.parametrize("turn", ["hi", "Thank you!", "👍", "ok, thanks, bye", ""])
def test_a_turn_that_asks_nothing_is_answered_with_a_message(
    client: openai.OpenAI, turn: str
) -> None:
    completion = completed(client, turn)
    text = completion.choices[0].message.content or ""
    assert text.startswith("Nothing was asked. Ask a question about the posts")
    assert completion.choices[0].message.annotations == []
    told = AnswerRecord.model_validate((completion.model_extra or {})["pullquote"])
    assert (told.question, told.answered, told.sentences) == (turn, False, ())
    assert told.warnings == (f"{NOT_ASKED}{text}",)
    pieces = list(
        client.chat.completions.create(
            model="pullquote", messages=[{"role": "user", "content": turn}], stream=True
        )
    )
    assert pieces[0].choices[0].delta.role == "assistant"
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == text
    assert pieces[-1].choices[0].finish_reason == "stop"
    assert AnswerRecord.model_validate((pieces[-1].model_extra or {})["pullquote"]) == told


@pytest.mark.parametrize("question", ["And with wool?", "which ones?"])
def test_a_conversation_goes_on_from_what_was_asked_before_the_thanks(
    client: openai.OpenAI, question: str
) -> None:
    def asked(*between: dict[str, str]) -> AnswerRecord:
        said: Any = client.chat.completions.create(
            model="pullquote",
            messages=[
                {"role": "user", "content": "How many posts about lettuces are there?"},
                {"role": "assistant", "content": "There is 1 post about lettuces."},
                *between,  # type: ignore[list-item]
                {"role": "user", "content": question},
            ],
        )
        return AnswerRecord.model_validate(said.model_extra["pullquote"])

    thanks = completed(client, "Thanks, that helps!").choices[0].message.content or ""
    plain = asked()
    polite = asked(
        {"role": "user", "content": "Thanks, that helps!"},
        {"role": "assistant", "content": thanks},
    )
    assert "lettuces" in " ".join(plain.searched_for)
    assert polite.searched_for == plain.searched_for
    assert [one.text for one in polite.sentences] == [one.text for one in plain.sentences]


def test_errors_have_the_form_that_the_client_reads(client: openai.OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match="has 3,000 characters"):
        completed(client, "a" * 3000)
    with pytest.raises(openai.UnprocessableEntityError, match="The last message is the assistant"):
        client.chat.completions.create(
            model="pullquote", messages=[{"role": "assistant", "content": "Hello."}]
        )
    with pytest.raises(openai.InternalServerError, match="did not answer"):
        completed(client, "please fail")
    with pytest.raises(openai.InternalServerError, match="Something went wrong") as caught:
        completed(client, "please crash")
    assert "secret" not in str(caught.value)


def test_a_stream_with_signs_of_life_is_read_by_the_real_client(
    client: openai.OpenAI, opened: tuple[str, Doors], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.doors.pulse.SECONDS", 0.1)
    messages: Any = [{"role": "user", "content": f"{LETTUCES} slow"}]
    pieces = list(client.chat.completions.create(model="pullquote", messages=messages, stream=True))
    assert pieces[0].choices[0].delta.role == "assistant"
    assert pieces[-1].choices[0].finish_reason == "stop"
    body = {"messages": messages, "stream": True}
    assert httpx.post(f"{opened[0]}/v1/chat/completions", json=body).text.startswith(COMMENT)


def test_a_client_that_closes_its_stream_frees_the_work(
    client: openai.OpenAI, opened: tuple[str, Doors]
) -> None:
    stream = client.chat.completions.create(
        model="pullquote",
        messages=[{"role": "user", "content": f"{LETTUCES} slow"}],
        stream=True,
    )
    next(iter(stream))
    assert opened[1].asker.open == 1
    stream.close()
    until(lambda: opened[1].asker.open == 0, seconds=0.6)


# ---------------------------------------------------------------- LangChain


def test_langchain_asks_and_streams(opened: tuple[str, Doors]) -> None:
    with httpx.Client() as http:
        chat = langchain(opened[0], http_client=http)
        text = chat.invoke(LETTUCES).content
        assert isinstance(text, str)
        assert "\n\nSources:\n\n- [1]" in text
        assert "".join(str(piece.content) for piece in chat.stream(LETTUCES)) == text


def test_langchain_streams_without_blocking(opened: tuple[str, Doors]) -> None:
    async def streamed() -> str:
        async with httpx.AsyncClient() as http:
            chat = langchain(opened[0], http_async_client=http)
            return "".join([str(piece.content) async for piece in chat.astream(LETTUCES)])

    assert "Sources:" in asyncio.run(streamed())


# ---------------------------------------------------------------- the text


def test_words_of_posts_become_nothing_else_in_markdown(assistant: FakeAssistant) -> None:
    answer = assistant.ask("What do zebras wear? stripes")
    text = whole(answer)
    assert r"\<script\>" in text
    assert "<script" not in text.replace(r"\<", "")
    assert "](javascript" not in text.replace(r"\]", "")
    assert "<img" not in text.replace(r"\<", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![x](http://e/p.png)", r"!\[x\](http://e/p.png)"),
        ("snake_case stays, _this_ not", r"snake_case stays, \_this\_ not"),
        ("# no heading\n> nor quote", r"\# no heading \> nor quote"),
        ("~~~", r"\~\~\~"),
        ("a - b, 3.5 (x)!", "a - b, 3.5 (x)!"),
    ],
)
def test_only_what_would_be_active_is_escaped(text: str, shown: str) -> None:
    assert inert(text) == shown


def test_marks_stand_where_the_text_has_their_numbers(assistant: FakeAssistant) -> None:
    answer = assistant.ask(f"{LETTUCES} invent")
    text = whole(answer)
    found = list(marks(answer))
    assert len(found) == sum(len(one.citations) for one in answer.sentences)
    assert [text[mark.start : mark.end] for mark in found][:2] == ["[1]", "[2]"]


@pytest.mark.parametrize("question", [LETTUCES, f"{LETTUCES} invent", "Who wears stripes?"])
def test_what_this_door_adds_to_an_answer_is_taken_off_where_it_comes_back(
    assistant: FakeAssistant, question: str
) -> None:
    answer = assistant.ask(question)
    text, said = whole(answer), " ".join(" ".join(one.text.split()) for one in answer.sentences)
    without_signs = re.sub(r"(?<!\\)[*_]", "", text) if "*" not in said else text
    for sent in (text, text.replace("\n", "\r\n"), " ".join(text.split()), without_signs):
        assert " ".join(words_of(sent).split()) == said


def test_the_limits_of_an_answer_are_no_words_of_it(assistant: FakeAssistant) -> None:
    found = Recognised("by Ines Moreau", Filters(authors=("Ines Moreau",)))
    answer = assistant.ask(LETTUCES)
    answer = replace(answer, query=replace(answer.query, recognised=(found,)))
    assert whole(answer).startswith("*Searched in posts by Ines Moreau.*")
    for sent in (whole(answer), " ".join(whole(answer).split()), whole(answer).replace("*", "")):
        assert words_of(sent).startswith(answer.sentences[0].text)


@pytest.mark.parametrize("warnings", [(), ("No post mentions “cup”.",)])
def test_a_refusal_comes_back_as_nothing(
    assistant: FakeAssistant, warnings: tuple[str, ...]
) -> None:
    answer = replace(assistant.ask("Who won the world cup?"), warnings=warnings)
    assert words_of(whole(answer)) == ""
    assert words_of(unasked("Hello!", assistant)[0]) == ""


@pytest.mark.parametrize(
    "text", ["Sources: three wells.", "Three (quoted) wells [1] of 1950.", "a_b_c *is* a name", ""]
)
def test_what_others_said_stays(text: str) -> None:
    assert words_of(text) == text


def test_other_doors_still_speak_their_own_form(opened: tuple[str, Doors]) -> None:
    said = httpx.get(f"{opened[0]}/v1/nothing")
    assert (said.status_code, set(said.json())) == (404, {"error"})
