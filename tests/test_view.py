"""What the browser is sent of an answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_assistant import CLEANED, EVIL, LETTUCES, FakeAssistant, site_index

from rag.asked import limits
from ui.render import web
from ui.view import Card, PageAnswer, Quote, view


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeAssistant]:
    index = site_index(tmp_path_factory.mktemp("view") / "index")
    with FakeAssistant(index) as assistant:
        yield assistant


def quotes(shown: PageAnswer) -> dict[int, tuple[Card, Quote]]:
    return {quote.number: (card, quote) for card in shown.cards for quote in card.quotes}


def test_each_number_has_one_quote_with_title_date_author_and_link(
    assistant: FakeAssistant,
) -> None:
    answer = assistant.ask(LETTUCES)
    shown = view(answer)
    said = [one for part in shown.shown for line in part.lines for one in line]
    assert [one.text for one in said] == [sentence.text for sentence in answer.sentences]
    for sentence, one in zip(answer.sentences, said, strict=True):
        (number,) = one.marks
        card, quote = quotes(shown)[number]
        cited = sentence.citations[0]
        assert (quote.text, quote.url) == (cited.quote, web(cited.url))
        assert quote.before + quote.text + quote.after in cited.section.text  # type: ignore[union-attr]
        assert (card.title, card.authors) == (cited.post.title, cited.post.authors)
        assert card.published.startswith(f"{cited.post.published:%Y-%m-%d}")
    assert sorted(quotes(shown)) == list(range(1, len(said) + 1))


def test_sentences_of_one_section_share_a_card(assistant: FakeAssistant) -> None:
    answer = assistant.ask(LETTUCES)
    sections = {(s.citations[0].post.id, s.citations[0].section) for s in answer.sentences}
    assert len(view(answer).cards) == len(sections) < len(answer.sentences)


def test_what_was_checked_and_left_out_is_counted_with_reasons(assistant: FakeAssistant) -> None:
    answer = assistant.ask(f"{LETTUCES} invent")
    shown = view(answer)
    assert len(shown.left_out) == len(answer.rejected) > 1
    assert shown.checked == len(answer.sentences) + len(answer.rejected)
    assert {one.text for one in shown.left_out} == {CLEANED}
    assert shown.left_out[0].reason == answer.rejected[0].reason


def test_a_growing_answer_says_nothing_of_what_is_left_out(assistant: FakeAssistant) -> None:
    *growing, _ = assistant.stream(f"{LETTUCES} invent")
    assert any(answer.rejected for answer in growing)
    for answer in growing:
        shown = view(answer)
        assert (shown.complete, shown.checked, shown.left_out, shown.markdown) == (False, 0, (), "")


def test_a_refusal_has_the_nearest_sections_without_numbers(assistant: FakeAssistant) -> None:
    shown = view(assistant.ask("lettuces lost at the world cup"))
    assert not shown.answered
    assert not shown.cards
    assert shown.searched == ("lettuces lost at the world cup",)
    near = [(card.place, card.quotes[0].number, card.quotes[0].text) for card in shown.nearest]
    assert ("Slugs without pellets › Results", 0, "The bare bed lost twenty-two lettuces.") in near


def test_limits_are_told_one_by_one(assistant: FakeAssistant) -> None:
    given = limits({"categories": ["Growing"], "since": "2019-01-01T00:00:00Z"})
    shown = view(assistant.ask("How many posts by Tom Baker?", filters=given))
    told = [(one.kind, one.name, one.since[:10], one.until) for one in shown.limits]
    assert told == [
        ("author", "Tom Baker", "", ""),
        ("category", "Growing", "", ""),
        ("dates", "", "2019-01-01", ""),
    ]


def test_a_recovered_post_says_so(assistant: FakeAssistant) -> None:
    shown = view(assistant.ask("heap warm below snow compost winter"))
    told = [(card.recovered, card.cut) for card in shown.cards if card.recovered]
    assert told == [("from plain text that lost its tags", True)]


def test_an_address_that_is_none_of_the_web_is_not_sent(assistant: FakeAssistant) -> None:
    shown = view(assistant.ask("zebras stripes food"))
    assert any(EVIL in card.title for card in shown.cards)
    urls = {quote.url for card in shown.cards if EVIL in card.title for quote in card.quotes}
    assert urls == {""}


def test_a_view_survives_json(assistant: FakeAssistant) -> None:
    shown = view(assistant.ask(LETTUCES))
    assert PageAnswer.model_validate_json(shown.model_dump_json()) == shown


def test_of_a_growing_answer_the_last_is_complete(assistant: FakeAssistant) -> None:
    views = [view(answer) for answer in assistant.stream(LETTUCES)]
    assert [one.complete for one in views] == [False] * (len(views) - 1) + [True]
    assert len(views) > 2
