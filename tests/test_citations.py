from __future__ import annotations

import pytest
from eval_parts import COPPER, SOW, WOOL, answer, cited
from hypothesis import given
from hypothesis import strategies as st

from eval.cases.gold import Gold
from eval.citations import (
    CitationGrade,
    avoids,
    grade_citations,
    includes,
    share_leading,
    share_with_citation,
)
from rag.record import CitationRecord

OTHER = cited(WOOL, quote="We compared five beds in a wet June.")
SAME_SECTION = cited(WOOL, quote="The bare bed lost twenty-two.", headings=["Garden", "Results"])
SOMETIMES = [cited(WOOL), cited(COPPER), cited(SOW), OTHER, SAME_SECTION]


def test_precision_is_the_share_of_citations_that_are_gold() -> None:
    graded = grade_citations(answer("a", cited(WOOL), OTHER, SAME_SECTION), [(WOOL,)])
    assert graded.precision == 1 / 3
    assert graded.section_precision == 2 / 3


def test_recall_of_multi_is_the_share_of_parts_cited() -> None:
    graded = grade_citations(answer("a", cited(WOOL)), [(WOOL,), (COPPER,), (SOW,)])
    assert graded.recall == 1 / 3
    assert graded.section_recall == 2 / 3


def test_any_alternative_fills_a_part() -> None:
    graded = grade_citations(answer("a", cited(SOW)), [(WOOL, SOW)])
    assert graded == CitationGrade(1, 1, 1, 1)


def test_the_same_words_of_another_post_are_not_gold() -> None:
    elsewhere = cited(WOOL).model_copy(update={"post_id": "garden.example/3"})
    assert grade_citations(answer("a", elsewhere), [(WOOL,)]) == CitationGrade(0, 0, 0, 0)


def test_repeating_a_right_citation_does_not_lift_precision() -> None:
    once = answer("a", cited(WOOL), OTHER)
    often = answer("a", cited(WOOL), cited(WOOL), cited(WOOL), OTHER)
    assert grade_citations(often, [(WOOL,)]) == grade_citations(once, [(WOOL,)])


def test_citing_a_whole_post_costs_precision() -> None:
    everything = answer("a", *SOMETIMES)
    graded = grade_citations(everything, [(WOOL,)])
    assert graded.recall == 1
    assert graded.precision == 1 / 5


def test_a_field_of_the_record_is_graded_by_its_post() -> None:
    date = CitationRecord(post_id="garden.example/2", field="published")
    assert grade_citations(answer("a", date), [(WOOL,)]).precision == 1
    assert grade_citations(answer("a", date), [(SOW,)]).precision == 0


def test_an_answer_without_citations_has_nothing_right() -> None:
    assert grade_citations(answer("a"), [(WOOL,)]) == CitationGrade(0, 0, 0, 0)


def test_a_citation_of_no_section_is_right_nowhere() -> None:
    made_up = cited(WOOL).model_copy(update={"section": None})
    assert grade_citations(answer("a", made_up), [(WOOL,)]) == CitationGrade(0, 0, 0, 0)
    assert grade_citations(answer("a", made_up, cited(WOOL)), [(WOOL,)]).precision == 1 / 2
    assert share_leading(answer("a", made_up, cited(WOOL), cited(WOOL))) == 1 / 2


def test_sentences_that_cite_nothing_are_counted() -> None:
    said = answer("a", cited(WOOL))
    bare = said.sentences[0].model_copy(update={"citations": ()})
    both = said.model_copy(update={"sentences": (*said.sentences, bare)})
    assert share_with_citation(both) == 1 / 2
    assert share_with_citation(answer("a")) is None
    assert share_leading(said.model_copy(update={"sentences": (bare,)})) is None


@given(st.lists(st.sampled_from(SOMETIMES)), st.lists(st.sampled_from([WOOL, COPPER, SOW])))
def test_a_gold_sentence_lies_in_a_gold_section(
    citations: list[CitationRecord], golds: list[Gold]
) -> None:
    parts = [(gold,) for gold in golds] or [(WOOL,)]
    graded = grade_citations(answer("a", *citations), parts)
    assert 0 <= graded.precision <= graded.section_precision <= 1
    assert 0 <= graded.recall <= graded.section_recall <= 1


def test_what_must_not_be_said_is_looked_for_in_the_same_way() -> None:
    assert avoids("In 2015 it rained.", ["15", "bribes"])
    assert not avoids("They took  BRIBES.", ["moon", "took bribes"])


@pytest.mark.parametrize(
    ("text", "group", "found"),
    [
        ("It took five days.", ["four days", "Five  DAYS"], True),
        ("Cellular service is limited.", ["cell"], True),
        ("In 2015 it rained.", ["15"], False),
        ("It was 15.5 degrees.", ["15"], False),
        ("It cost 15,000 dollars.", ["15"], False),
        ("It cost 15,000 dollars.", ["15000"], True),
        ("There were 15.", ["15"], True),
        ("It’s a “locked” briefcase", ['it\'s a "locked"'], True),
        ("", ["anything"], False),
    ],
)
def test_what_must_be_said_is_found_whatever_its_dress(
    text: str, group: list[str], found: bool
) -> None:
    assert includes(text, [group]) is found


def test_each_group_needs_one_alternative() -> None:
    assert includes("a postcard and a briefcase", [["postcard", "letter"], ["briefcase"]])
    assert not includes("a postcard", [["postcard", "letter"], ["briefcase"]])
