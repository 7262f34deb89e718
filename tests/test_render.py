from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from fake_assistant import CLEANED, EVIL, HOSTILE, LETTUCES, FakeAssistant, site_index
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser
from small_site import GARDEN, section

from rag.catalog import IndexStatus
from rag.errors import IndexBusy
from rag.types import Answer, Basis, Citation, Sentence
from ui.footer import footer
from ui.markdown import plain_markdown
from ui.render import (
    BASES,
    REFUSED,
    excerpt,
    failure,
    left_out,
    message,
    panel,
    sources,
    web,
)

STRANGE = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeAssistant]:
    index = site_index(tmp_path_factory.mktemp("page") / "index")
    with FakeAssistant(index) as assistant:
        yield assistant


def html(text: str) -> LexborHTMLParser:
    return LexborHTMLParser(
        MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    )


def texts(tree: LexborHTMLParser, selector: str) -> list[str]:
    return [node.text() for node in tree.css(selector)]


# ---------------------------------------------------------------- escaping


@given(STRANGE)
def test_markdown_shows_any_text_as_it_is(text: str) -> None:
    flat = " ".join(text.split())
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(plain_markdown(text))
    assert unescape(shown) == (f"<p>{flat}</p>\n" if flat else "")


@given(STRANGE)
def test_an_excerpt_shows_any_text_as_it_is_and_marks_the_quote(text: str) -> None:
    whole = section("0", (), f"Before {text} after")
    shown = excerpt(Citation(GARDEN[0].post, whole, Sentence(text, 7), ""), around=10**6)
    before, marked, after = shown.partition("<mark>")[0], *shown.partition("<mark>")[2].split("</")
    assert unescape(before + marked + after.removeprefix("mark>")) == whole.text
    assert unescape(marked) == text
    assert "<" not in marked + before


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "data:text/html,x", "//evil.example/", "/relative", "",
        "https://a.example/<b>", 'https://a.example/"onclick="x', "https://a.example/\njavascript:x",
        "https://a.example/ b", " https://a.example/", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_only_addresses_of_the_web_become_links(url: str) -> None:
    assert web(url) == ""
    assert web("https://a.example/post/?p=1#here:~:text=two%20words") != ""


def test_a_hostile_post_is_text_and_nothing_else(assistant: FakeAssistant) -> None:
    answer = assistant.ask("zebras stripes food")
    chat, side = html(message(answer, 0)), LexborHTMLParser(sources(answer, 0))
    assert any(EVIL in sentence.text for sentence in answer.sentences)
    assert EVIL in chat.body.text() if chat.body else False
    assert HOSTILE.post.title in texts(side, "h3 > span")
    known = "html head body p a em h2 h3 span article div blockquote mark".split()
    for tree in (chat, side):
        assert {node.tag for node in tree.css("*")} <= set(known)
        for link in tree.css("a"):
            address = link.attributes["href"] or ""
            assert address.startswith(("https://", "#c-0-", "#m-0-"))
    assert "This post has no address." in texts(side, ".pq-link")


# ---------------------------------------------------------------- the chat


def test_every_sentence_carries_its_markers_and_its_basis(assistant: FakeAssistant) -> None:
    answer = assistant.ask(LETTUCES)
    paragraphs = html(message(answer, 3)).css("p")[: len(answer.sentences)]
    for number, (sentence, paragraph) in enumerate(
        zip(answer.sentences, paragraphs, strict=True), 1
    ):
        marker = paragraph.css_first("a")
        assert marker is not None
        assert marker.attributes["href"] == f"#c-3-{number}"
        said, _, around = paragraph.text().partition(" Quoted")
        assert said == f"{sentence.text} {number}"
        assert around.strip() in ("", "After it: Copper tape made no difference.")


def test_no_basis_claims_more_than_it_is() -> None:
    assert [BASES[basis] for basis in Basis] == [
        "Quoted",
        "Supported (estimated)",
        "From the post's record",
    ]


def test_a_growing_answer_says_what_is_going_on(assistant: FakeAssistant) -> None:
    first, *_, last = assistant.stream(LETTUCES)
    assert texts(html(message(first, 0)), "p")[-1] == "Checking the next sentence …"
    assert texts(html(message(first, 0, stopped=True)), "p")[-1] == "Stopped."
    assert "Checking" not in message(last, 0)
    assert message(last, 0, stopped=True) == message(last, 0)


def test_a_refusal_names_the_nearest_sections_with_links(assistant: FakeAssistant) -> None:
    answer = assistant.ask("lettuces lost at the world cup")
    tree = html(message(answer, 0))
    assert texts(tree, "strong") == [REFUSED]
    said = "Slugs without pellets › Results: “The bare bed lost twenty-two lettuces.”"
    assert said in texts(tree, "li")
    assert "Searched for: “lettuces lost at the world cup”." in texts(tree, "em")
    links = [link.attributes["href"] or "" for link in tree.css("li a")]
    assert any(
        link.startswith("https://garden.example/slugs-without-pellets/#:~:") for link in links
    )
    side = LexborHTMLParser(sources(answer, 0))
    assert texts(side, "h2") == ["Nearest sections"]
    assert len(side.css("article")) == len(answer.nearest)


def test_what_was_left_out_is_told_with_its_reasons(assistant: FakeAssistant) -> None:
    answer = assistant.ask(f"{LETTUCES} invent")
    dropped = len(answer.rejected)
    assert dropped > 1
    told = f"{dropped} sentences of the draft did not pass the check and are left out."
    tree, side = html(message(answer, 0)), LexborHTMLParser(sources(answer, 0))
    assert told in texts(tree, "em")
    assert texts(side, "details#c-0-out summary") == [told]
    assert texts(side, "details q") == [CLEANED] * dropped
    assert answer.rejected[0].reason in texts(side, "details li")[0]
    assert left_out(answer.rejected[:1]).startswith("1 sentence of the draft did not pass")
    assert left_out(answer.rejected[:1]).endswith("is left out.")


def test_warnings_are_shown(assistant: FakeAssistant) -> None:
    answer = assistant.ask(LETTUCES)
    assert answer.warnings
    assert f"Note: {answer.warnings[0]}" in texts(html(message(answer, 0)), "em")


def test_an_error_is_two_plain_lines() -> None:
    tree = html(failure(IndexBusy("Another *process* writes.", hint="Wait <a> moment.")))
    assert texts(tree, "p") == ["Another *process* writes.", "Wait <a> moment."]


# ---------------------------------------------------------------- the panel


def test_each_marker_has_its_source_with_title_date_quote_and_link(
    assistant: FakeAssistant,
) -> None:
    answer = assistant.ask(LETTUCES)
    side = LexborHTMLParser(sources(answer, 2))
    for number, sentence in enumerate(answer.sentences, 1):
        citation = sentence.citations[0]
        quote = side.css_first(f"#c-2-{number}")
        assert quote is not None
        assert citation.post.title in (quote.attributes["aria-label"] or "")
        assert texts(side, f"#c-2-{number} mark") == [citation.quote]
        link = side.css_first(f"#c-2-{number} a.pq-link")
        if citation.url.startswith("http"):
            assert link is not None
            assert link.attributes["href"] == citation.url
            assert link.attributes["rel"] == "noopener"
    assert "1 March 2023 · Tom Baker" in texts(side, ".pq-facts")
    assert texts(side, "h3")[0] == "Slugs without pellets› Results"


def test_sentences_of_one_section_share_a_card(assistant: FakeAssistant) -> None:
    answer = assistant.ask(LETTUCES)
    side = LexborHTMLParser(sources(answer, 0))
    sections = {(s.citations[0].post.id, s.citations[0].section) for s in answer.sentences}
    assert len(side.css("article")) == len(sections) < len(answer.sentences)


def test_a_recovered_post_says_so(assistant: FakeAssistant) -> None:
    side = LexborHTMLParser(sources(assistant.ask("heap warm below snow compost winter"), 0))
    told = "Recovered from plain text that lost its tags; text may be missing."
    assert texts(side, ".pq-damage") == [told]


def test_a_long_section_is_cut_between_words() -> None:
    words = " ".join(f"word{n}" for n in range(500))
    whole = section("0", (), f"{words} The quote. {words}")
    quote = Sentence("The quote.", len(words) + 1)
    shown = excerpt(Citation(GARDEN[0].post, whole, quote, ""), around=60)
    before, after = shown.split("<mark>The quote.</mark>")
    assert before.startswith("… word")
    assert after.endswith(" …")
    assert set((before + after).split()) - {"…"} <= set(words.split())
    assert len(before) < 70


def test_a_field_of_the_record_is_shown_with_its_name() -> None:
    record = GARDEN[0].post
    shown = [excerpt(Citation(record, None, None, "", name)) for name in ("published", "authors")]
    assert shown == ["Published: <mark>1 March 2020</mark>", "Authors: <mark>Ines Moreau</mark>"]


def test_of_several_turns_the_last_one_is_in_sight() -> None:
    tree = LexborHTMLParser(panel([(0, "<p>old</p>"), (1, "<p>new</p>")]))
    assert texts(tree, "section:not([hidden])") == ["new"]
    assert texts(tree, "section[hidden]") == ["old"]
    assert "appear here" in panel([])


# ---------------------------------------------------------------- the foot


def status(posts: int, synced: datetime | None) -> IndexStatus:
    return IndexStatus("id", 1, posts, 9, 9, ("a.example",), "maker/tiny@1/4/float32", synced, None)


def test_the_foot_says_what_answers_come_from_and_promises_nothing_about_the_posts() -> None:
    text = LexborHTMLParser(footer(status(1200, datetime(2026, 5, 3, tzinfo=UTC)))).text()
    assert "1,200 posts of a.example, as of 3 May 2026, found with tiny." in text
    assert "Whether the posts are right is for you to judge." in text
    assert "verified" not in text.lower()
    assert "sent to" not in text


def test_the_foot_says_who_is_sent_the_questions(tmp_path: Path) -> None:
    text = LexborHTMLParser(footer(status(1, None), "openai:<b>")).text()
    assert "Your questions and what is found are sent to openai:<b>." in text
    assert "1 post of a.example, found" in text


def test_an_unfinished_answer_never_lists_what_is_left_out(assistant: FakeAssistant) -> None:
    *growing, _ = assistant.stream(f"{LETTUCES} invent")
    assert any(answer.rejected for answer in growing)
    for answer in growing:
        assert isinstance(answer, Answer)
        assert "left out" not in message(answer, 0) + sources(answer, 0)
