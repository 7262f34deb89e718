from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from eval_parts import COPPER, WOOL, answer, case, cited, hit
from small_site import garden

from eval.baselines import grade_systems, systems_text
from eval.cases.cases import Case
from eval.cases.gold import Gold
from eval.grade import grade
from eval.systems.by_name import OtherSystem
from eval.systems.one_sentence import one_sentence
from eval.trivial import always_refuse, cite_everything, cite_nothing, never_refuse
from rag.assistant import Assistant
from rag.embedding.embedder import HashEmbedder
from rag.settings import Settings

QUESTION = "How many lettuces did the bed with wool mulch lose?"
ASKED = Case("wool", "fact", QUESTION, must_include=(("three",),), gold=(WOOL,))
FAR = Case("far", "far", "Who won the cup final?", answerable=False)


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    settings = Settings(index=garden(tmp_path / "index"), embedding_model="hash")
    with Assistant(settings, embedder=HashEmbedder()) as opened:
        yield opened


def test_who_cites_everything_cites_each_sentence_of_each_hit() -> None:
    record = answer("a", cited(WOOL), hits=[hit(f"{WOOL.quote} {COPPER.quote}"), hit("It rained.")])
    everything = cite_everything(record)
    (said,) = everything.sentences
    assert [one.quote for one in said.citations] == [WOOL.quote, COPPER.quote, "It rained."]
    grades = grade([case("a", WOOL)], [everything], resamples=5)
    assert grades.cases[0].citations
    assert (grades.cases[0].citations.recall, grades.cases[0].citations.precision) == (1, 1 / 3)


def test_who_cites_nothing_is_graded_as_an_answer_with_nothing_right() -> None:
    nothing = cite_nothing(answer("a", cited(WOOL), text="Three were lost."))
    assert nothing.answered
    assert nothing.sentences[0].text == "Three were lost."
    (graded,) = grade([case("a", WOOL)], [nothing], resamples=5).cases
    assert graded.citations
    assert (graded.citations.precision, graded.citations.recall) == (0, 0)


def test_who_refuses_everything_has_no_figure_of_citations_at_all() -> None:
    refused = always_refuse(answer("a", cited(WOOL)))
    grades = grade([case("a", WOOL)], [refused], resamples=5)
    figures = {one.name: one.estimate for one in grades.figures}
    assert figures["citation precision (sentence)"] is None
    assert figures["answered, of the answerable"]
    assert figures["answered, of the answerable"].value == 0
    assert grades.failed == ()


def test_a_constant_score_tells_nothing_apart() -> None:
    records = [never_refuse(answer("a", cited(WOOL))), never_refuse(answer("b", cited(COPPER)))]
    figures = grade([case("a", WOOL), case("b")], records, resamples=20).figures
    assert {one.name: one.estimate for one in figures}["AUROC of the score"].value == 0.5  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["words", "meaning"])
def test_one_sentence_of_the_first_passage_is_quoted(assistant: Assistant, name: str) -> None:
    record = one_sentence(name, assistant.index, assistant.pipeline.embedder.embed_question, ASKED)
    (said,) = record.sentences
    (citation,) = said.citations
    assert citation.quote == said.text == WOOL.quote
    assert citation.headings[-1] == "Results"
    assert citation.quote in record.hits[0].text
    assert 0 < record.answerable <= 1


def test_a_question_without_a_word_of_the_posts_finds_nothing_by_words(
    assistant: Assistant,
) -> None:
    asked = Case("x", "far", "Xyzzy plugh?", answerable=False)
    record = one_sentence("words", assistant.index, None, asked)
    assert (record.answered, record.sentences, record.hits) == (False, (), ())


def test_every_system_is_graded_on_every_case_and_beside_ours(assistant: Assistant) -> None:
    systems = {one.name: one for one in grade_systems(assistant, [ASKED, FAR], resamples=20)}
    assert list(systems) == [
        "ours", "words", "meaning", "cite everything", "cite nothing", "always refuse",
        "never refuse",
    ]  # fmt: skip
    assert all([one.id for one in s.grades.cases] == ["wool", "far"] for s in systems.values())
    assert systems["ours"].beside == ()
    assert all(one.beside for name, one in systems.items() if name != "ours")
    answered = {name: [one.answered for one in s.grades.cases] for name, s in systems.items()}
    assert answered["always refuse"] == [False, False]
    assert answered["never refuse"][0]
    assert answered["words"][0]
    text = systems_text(list(systems.values()))
    rows = [line for line in text.splitlines() if line.startswith("| always refuse  ")]
    assert "–" in rows[1]  # citations
    assert "0.000 [0.000, 0.793]" in rows[2]  # answered, of the answerable


def test_others_stand_beside_ours_and_the_trivial_ones(assistant: Assistant) -> None:
    other = OtherSystem("theirs", lambda one: answer(one.id, cited(WOOL)))
    ours, theirs, *_ = grade_systems(assistant, [ASKED, FAR], [other], resamples=5)
    assert (ours.name, theirs.name) == ("ours", "theirs")
    assert theirs.beside
    assert theirs.grades.figures[0].estimate is None  # it does not tell what it found
    assert [one.answered for one in theirs.grades.cases] == [True, True]


def test_a_system_that_failed_is_listed_and_none_is_passed_over(assistant: Assistant) -> None:
    long = Case("long", "fact", "word " * 1000, gold=(Gold("2", "", WOOL.quote),))
    systems = {one.name: one for one in grade_systems(assistant, [ASKED, long], resamples=5)}
    assert [one.case_id for one in systems["ours"].grades.failed] == ["long"]
    assert "ours: 1 of 2 cases failed." in systems_text(list(systems.values()))
    assert (
        json.dumps([one.id for one in systems["always refuse"].grades.cases]) == '["wool", "long"]'
    )
