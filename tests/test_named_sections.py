from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_site import GARDEN, post, put, section

from rag import Assistant, Filters, Turn
from rag.embedding.embedder import HashEmbedder
from rag.index.index import write_index
from rag.index.named_sections import named_sections
from ui.page.suggest import follow_ups, leads_there
from ui.texts import load_texts

DIARY = (
    post(4, "Who said “no”?", section("1", ("Wool",), "The neighbours wanted none of it.")),
    post(
        5,
        "A year of slugs",
        section("0", (), "Results of slugs without pellets: wool and copper tape, once more."),
        section("1", ("How did we get here?",), "It rained from May to July."),
        section("2", ("What’s next?",), "Ducks come in spring."),
        section("2.1", ("What’s next?", "It’s a “duck”"), "They are called Anton and Berta."),
    ),
    post(6, "News", section("1", ("What’s next?",), "A fair.")),
    post(7, "News", section("2", ("What’s next?",), "A sale of plants.")),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where, embedder = tmp_path_factory.mktemp("diary") / "index", HashEmbedder()
    with write_index(where, embedder.id) as writer:
        for parsed in (*GARDEN, *DIARY):
            put(writer, parsed, embedder)
        writer.finish()
    return where


@pytest.fixture
def assistant(folder: Path) -> Iterator[Assistant]:
    with Assistant.open(folder, embedding_model="hash") as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "sections"),
    [
        ("What does “Slugs without pellets” say about “Results”?", {("2", "1")}),
        ('what does "slugs without pellets" say about "results"', {("2", "1")}),
        ("Was steht in „Slugs without pellets“ über „Results“?", {("2", "1")}),
        ("“A year of slugs”: How did we get here?", {("5", "1")}),
        ("What’s next? (“A year of slugs”)", {("5", "2")}),
        ("What does “A year of slugs” say about “It’s a “duck””?", {("5", "2.1")}),
        ("What does “Who said “no”?” say about “Wool”?", {("4", "1")}),
        ("“News”: What’s next?", {("6", "1"), ("7", "2")}),
        ("What does “Slugs without pellets” say about “Wool”?", set()),
        ("What does “Slugs without pellets” say about results?", set()),
        ("Who wrote “Slugs without pellets”?", set()),
        ("Results in Slugs without pellets", set()),
        ("“", set()),
    ],
)
def test_a_section_is_named_by_its_title_and_its_heading(
    assistant: Assistant, question: str, sections: set[tuple[str, str]]
) -> None:
    found = named_sections(question, assistant.index.catalog)
    assert set(found) == {(f"garden.example/{number}", key) for number, key in sections}


def test_a_named_section_alone_answers_whatever_was_said_before(assistant: Assistant) -> None:
    question = "“A year of slugs”: How did we get here?"
    answer = assistant.ask(question, history=[Turn("Who is Anton?", "A duck.")])
    (sentence,) = answer.sentences
    assert sentence.text == "It rained from May to July."
    assert answer.query.standalone == question
    assert (answer.query.recognised, answer.query.record) == ((), None)


def test_a_named_section_that_the_filters_shut_out_is_searched_for_like_any_other(
    assistant: Assistant,
) -> None:
    question = "What does “Slugs without pellets” say about “Results”?"
    answer = assistant.ask(question, filters=Filters(authors=("Ines Moreau",)))
    assert all(hit.passage.post.id != "garden.example/2" for hit in answer.hits)
    assert answer.hits
    assert not assistant.understand(question, recognise=False).sections


def test_what_is_offered_leads_to_its_section(assistant: Assistant) -> None:
    wool = "What does “Slugs without pellets” say about “Results”?"
    assert leads_there(assistant.ask(wool))
    assert not leads_there(assistant.ask(wool, filters=Filters(authors=("Ines Moreau",))))
    first = assistant.ask("What does “A year of slugs” say about “It’s a “duck””?")
    offered = follow_ups(first, assistant.index, load_texts())
    assert set(offered) == {
        "“A year of slugs”: How did we get here?",
        "“A year of slugs”: What’s next?",
    }
    for question in offered:
        cited = [c.section for s in assistant.ask(question).sentences for c in s.citations]
        assert {one.headings[-1] for one in cited if one} == {question.partition(": ")[2]}
