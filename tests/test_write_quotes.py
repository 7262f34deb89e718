from __future__ import annotations

from dataclasses import replace

from answers import QUERY, hit, results, sowing
from small_site import post, section

from rag.types import Claim, Found, Span
from rag.writing.quotes import QuoteWriter

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
    asks = post(9, "Slugs", section("0", (), "Does copper tape help? We tried tape in June."))
    found = Found((hit(asks, asks.sections[0], 0.9, 0.4),), 0.9)
    assert said(found) == ["We tried tape in June."]
    only = post(8, "Slugs", section("0", (), "Does copper tape help?"))
    assert said(Found((hit(only, only.sections[0], 0.9),), 0.9)) == ["Does copper tape help?"]


def test_a_sentence_that_leans_on_a_question_brings_it() -> None:
    asks = post(9, "Slugs", section("0", (), "Does copper tape help? It made no difference."))
    found = Found((hit(asks, asks.sections[0], 0.9, 0.4),), 0.9)
    assert said(found) == ["Does copper tape help?", "It made no difference."]


def test_other_numbers_and_denials_are_no_repetition() -> None:
    wool = "In June the bed with wool mulch kept nearly all of its 40 lettuces."
    for other in (wool.replace("40", "35"), wool.replace("kept", "never kept")):
        texts = section("0", (), wool), section("0", (), other)
        posts = [post(number, "Wool", one) for number, one in enumerate(texts, 8)]
        hits = tuple(hit(one, one.sections[0], 0.9) for one in posts)
        assert said(Found(hits, 0.9)) == [wool, other]
        assert said(Found((hits[0], hits[0]), 0.9)) == [wool]


# ---------------------------------------------------------------- short answers

BUILT = post(
    9, "The mill", section("0", (), "Two brooks meet there. The mill was built in 1871. It stands.")
)


def shorts(found: Found, question: str, writer: QuoteWriter = WRITER) -> list[str]:
    """The claims with their short answers between stars."""
    told = []
    for claim in writer.write(replace(QUERY, question=question, standalone=question), found).claims:
        assert isinstance(claim, Claim)
        text, at = claim.text, claim.short
        told.append(f"{text[: at.start]}*{text[at.start : at.end]}*" if at else text)
    return told


def test_rules_mark_a_short_answer_in_the_best_sentence() -> None:
    found = Found((hit(BUILT, BUILT.sections[0], 0.1, 0.9),), 0.9)
    assert shorts(found, "When was it built?") == ["The mill was built in *1871*"]
    assert shorts(found, "Why was it built?") == ["The mill was built in 1871."]
    silent = QuoteWriter(0.3, most=3, by_rules=False)
    assert shorts(found, "When was it built?", silent) == ["The mill was built in 1871."]


def test_the_stretch_with_the_short_answer_comes_first() -> None:
    found = Found((hit(BUILT, BUILT.sections[0], 0.8, 0.9),), 0.9)
    assert shorts(found, "When was it built?") == [
        "The mill was built in *1871*",
        "Two brooks meet there.",
    ]
    assert shorts(found, "Why was it built?") == [
        "Two brooks meet there.",
        "The mill was built in 1871.",
    ]


def test_what_a_reader_found_goes_before_the_rules() -> None:
    one = hit(BUILT, BUILT.sections[0], 0.1, 0.9)
    read = [replace(s, short=Span(0, 8)) if i == 1 else s for i, s in enumerate(one.sentences)]
    found = Found((replace(one, sentences=tuple(read)),), 0.9)
    assert shorts(found, "When was it built?") == ["*The mill*"]


def test_sentences_of_the_same_section_may_have_a_share_of_their_own() -> None:
    found = Found((results(0.3, 0.9), sowing(0.5)), 0.9)
    assert said(found, QuoteWriter(0.8, most=3)) == ["The bare bed lost twenty-two lettuces."]
    near = QuoteWriter(0.8, most=3, share_near=0.3)
    assert said(found, near) == [
        "The bed with wool mulch lost three of forty lettuces.",
        "The bare bed lost twenty-two lettuces.",
    ]


def test_what_holds_now_is_asked_of_the_newest_post() -> None:
    old = post(7, "Closed", section("0", (), "The mill is closed to visitors."), year=2015)
    new = post(8, "Open again", section("0", (), "Since May the doors are open."), year=2022)
    found = Found((hit(old, old.sections[0], 0.9), hit(new, new.sections[0], 0.5)), 0.9)
    writer = QuoteWriter(0.8, most=3, share_near=0.3)
    assert shorts(found, "Is the mill closed?", writer) == ["The mill is closed to visitors."]
    assert shorts(found, "Is the mill still closed?", writer) == [
        "Since May the doors are open.",
        "The mill is closed to visitors.",
    ]
    older = replace(old.post, published=None)
    undated = replace(hit(old, old.sections[0], 0.9), passage=replace(
        hit(old, old.sections[0], 0.9).passage, post=older
    ))  # fmt: skip
    both = Found((undated, hit(new, new.sections[0], 0.5)), 0.9)
    assert shorts(both, "Is the mill still closed?", writer)[0] == "Since May the doors are open."
