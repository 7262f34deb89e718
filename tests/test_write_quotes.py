from __future__ import annotations

from answers import QUERY, hit, results, sowing
from small_site import post, section

from rag.types import Claim, Found
from rag.write_quotes import QuoteWriter

WRITER = QuoteWriter(0.3, most=3)


def said(found: Found, writer: QuoteWriter = WRITER) -> list[str]:
    return [claim.text for claim in writer.write(QUERY, found).claims]


def test_every_claim_is_the_sentence_that_it_points_at() -> None:
    claims = list(WRITER.write(QUERY, Found((results(0.1, 0.9, 0.5),), 0.9)).claims)
    assert [claim.text for claim in claims] == [
        "The bare bed lost twenty-two lettuces.",
        "Copper tape made no difference.",
    ]
    for claim in claims:
        assert isinstance(claim, Claim)
        (pointed,) = claim.pointers
        at = pointed.sentence
        assert pointed.section.text[at.start : at.end] == claim.text


def test_the_best_sentence_is_quoted_even_when_none_is_good() -> None:
    assert said(Found((results(0.001, 0.02),), 0.9)) == ["The bare bed lost twenty-two lettuces."]


def test_a_further_sentence_is_measured_by_the_best_one() -> None:
    assert len(said(Found((results(0.02, 0.03),), 0.9))) == 2
    assert len(said(Found((results(0.02, 0.9),), 0.9))) == 1


def test_the_post_with_the_best_sentence_comes_first_then_reading_order() -> None:
    found = Found((sowing(0.5), results(0.4, 0.9)), 0.9)
    assert said(found) == [
        "The bed with wool mulch lost three of forty lettuces.",
        "The bare bed lost twenty-two lettuces.",
        "Sow tomatoes indoors six weeks before the last frost.",
    ]


def test_no_more_sentences_than_asked_for() -> None:
    found = Found((results(0.9, 0.9, 0.9), sowing(0.8, 0.8)), 0.9)
    assert len(said(found)) == 3
    assert len(said(found, QuoteWriter(0.3, most=1))) == 1


def test_what_says_nothing_new_is_left_out() -> None:
    other = post(9, "Again", section("0", (), "The bare bed lost twenty-two lettuces in all."))
    found = Found((results(0, 0.9), hit(other, other.sections[0], 0.8)), 0.9)
    assert said(found) == ["The bare bed lost twenty-two lettuces."]


def test_a_question_is_no_answer() -> None:
    asks = post(9, "Slugs", section("0", (), "Does copper tape help? It was tried in June."))
    found = Found((hit(asks, asks.sections[0], 0.9, 0.4),), 0.9)
    assert said(found) == ["It was tried in June."]
    only = post(8, "Slugs", section("0", (), "Does copper tape help?"))
    assert said(Found((hit(only, only.sections[0], 0.9),), 0.9)) == ["Does copper tape help?"]
