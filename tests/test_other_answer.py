"""Answers of other systems become records that are graded like ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from eval_parts import COPPER, WOOL, answer, case, cited
from small_site import garden

from eval.citations import CitationGrade, share_leading, share_with_citation
from eval.figures import CaseGrade
from eval.grade import grade_case
from eval.systems.answer import UNCHECKED, AnswerInvalid, graded_record, read_answer
from eval.systems.places import Places
from rag.index.index import Index
from rag.record import AnswerRecord, CitationRecord

ASKED = case("wool", WOOL)
URL = "https://garden.example/slugs-without-pellets/"
RESULTS = (WOOL.quote, "The bare bed lost twenty-two lettuces.", COPPER.quote)


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    with closing(Index(garden(tmp_path / "index"))) as index:
        yield Places(index)


def record(places: Places, *refused_when: str, **told: Any) -> AnswerRecord:
    return graded_record(ASKED, read_answer(told), places, refused_when=refused_when)


def graded(places: Places, **told: Any) -> CaseGrade:
    return grade_case(ASKED, record(places, **told))


def quotes(citations: tuple[CitationRecord, ...]) -> tuple[str, ...]:
    return tuple(one.quote for one in citations)


def test_a_quote_with_its_mark_is_as_good_as_ours(places: Places) -> None:
    told = {"post_id": 2, "quote": WOOL.quote}
    found = record(places, text=f"{WOOL.quote} [1]", citations=[told])
    (said,) = found.sentences
    assert (said.text, said.basis) == (WOOL.quote, "quoted")
    (citation,) = said.citations
    assert (citation.post_id, citation.headings) == ("garden.example/2", ("Results",))
    assert grade_case(ASKED, found).citations == CitationGrade(1, 1, 1, 1)
    assert found.answerable == 1


@pytest.mark.parametrize("name", ["2", "garden.example/2", URL, f"{URL}#results"])
def test_a_post_is_known_by_its_id_number_or_address(places: Places, name: str) -> None:
    (citation,) = places.cited(name, text=WOOL.quote)
    assert citation.section == "1"


def test_who_cites_a_chunk_cites_every_sentence_in_it(places: Places) -> None:
    chunk = {"url": URL, "text": "A wet June.\n" + " ".join(RESULTS)}
    one = graded(places, text="Three were lost [1].", contexts=[chunk])
    assert one.citations == CitationGrade(1 / 3, 1, 1, 1)
    assert one.found_at == (1,)


def test_who_cites_a_heading_cites_what_stands_under_it(places: Places) -> None:
    assert quotes(places.cited("2", heading="results")) == RESULTS
    assert len(places.cited("2")) == 4
    assert quotes(places.cited("2", heading="Introduction", text=WOOL.quote)) == (WOOL.quote,)


def test_a_sentence_that_was_cut_counts_if_most_of_it_is_there(places: Places) -> None:
    most, little = (" ".join(WOOL.quote.split()[-n:]) + " Then there was nothing." for n in (9, 4))
    assert quotes(places.cited("2", text=most)) == (WOOL.quote,)
    assert places.cited("2", text=little)[0].section is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("99", {"text": WOOL.quote}),
        ("2", {"text": "Beer traps caught forty slugs."}),
        ("2", {"heading": "Prices"}),
        ("https://elsewhere.example/", {}),
    ],
)
def test_what_the_posts_do_not_hold_leads_nowhere(
    places: Places, name: str, told: dict[str, str]
) -> None:
    (citation,) = places.cited(name, **told)
    assert (citation.section, citation.field) == (None, None)


def test_a_mark_of_nothing_is_a_wrong_citation(places: Places) -> None:
    told = {"post_id": 2, "quote": WOOL.quote}
    one = graded(places, text="It lost three [1][7].", citations=[told])
    assert one.citations == CitationGrade(1 / 2, 1, 1 / 2, 1)
    assert one.leading == 1 / 2
    nothing = graded(places, text="It lost three [1].")
    assert nothing.citations == CitationGrade(0, 0, 0, 0)
    assert (nothing.with_citation, nothing.leading) == (1, 0)


def test_sentences_without_a_mark_cite_nothing_where_others_have_one(places: Places) -> None:
    told = {"post_id": 2, "quote": WOOL.quote}
    found = record(places, text="It lost three [1]. So use wool.", citations=[told])
    assert [len(one.citations) for one in found.sentences] == [1, 0]
    assert share_with_citation(found) == 1 / 2
    assert found.sentences[1].reason == UNCHECKED


def test_without_a_mark_the_citations_are_of_all_that_is_said(places: Places) -> None:
    told = [{"post_id": 2, "quote": WOOL.quote}, {"post_id": 2, "quote": COPPER.quote}]
    found = record(places, text="It lost three. Copper did nothing.", citations=told)
    assert [len(one.citations) for one in found.sentences] == [2, 2]


def test_text_without_citations_is_an_answer_with_nothing_right(places: Places) -> None:
    found = graded_record(ASKED, read_answer("It lost three."), places)
    assert found.answered
    assert grade_case(ASKED, found).citations == CitationGrade(0, 0, 0, 0)
    assert (share_with_citation(found), share_leading(found)) == (0, None)


def test_numbers_may_be_told(places: Places) -> None:
    told = [{"number": 4, "post_id": 2, "quote": COPPER.quote}]
    (said,) = record(places, text="Copper did nothing [4].", citations=told).sentences
    assert quotes(said.citations) == (COPPER.quote,)


@pytest.mark.parametrize(
    ("told", "score"),
    [
        ({"text": ""}, 0),
        ({"text": "I do not know.", "abstained": True}, 0),
        ({"text": "The posts do not say so.", "score": 0.3}, 0.3),
    ],
)
def test_a_refusal_is_a_refusal(places: Places, told: dict[str, Any], score: float) -> None:
    found = record(places, "posts do not  SAY", **told)
    assert (found.answered, found.sentences, found.answerable) == (False, (), score)
    assert grade_case(ASKED, found).citations is None


def test_our_form_from_elsewhere_is_looked_up_as_well(places: Places) -> None:
    true, made_up = cited(WOOL), cited(WOOL, quote="Wool lost none at all, ever, anywhere.")
    field = CitationRecord(post_id="elsewhere.example/1", field="published")
    given = read_answer(answer("x", true, made_up, field).model_dump(by_alias=True))
    found = graded_record(ASKED, given, places)
    assert (found.id, found.question) == ("wool", "wool?")
    grade = grade_case(ASKED, found)
    assert grade.leading == 1 / 3
    assert grade.citations
    assert grade.citations.precision == 1 / 3


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (None, "it is nothing"),
        (["a"], "it is list"),
        ({"answer": "x"}, "answer: Extra inputs"),
        ({"text": "x", "citations": [{"quote": "y"}]}, "citations.0: .*which post"),
        ({"text": "x", "score": 2}, "score: "),
        ({"schema": 1, "question": "x"}, "answered: Field required"),
    ],
)
def test_what_is_no_answer_is_told(given: object, told: str) -> None:
    with pytest.raises(AnswerInvalid, match=f"What came back is no answer: {told}"):
        read_answer(given)
