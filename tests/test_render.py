"""An answer in words and as Markdown with footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from fake_assistant import CLEANED, EVIL, LETTUCES, FakeAssistant, site_index
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser
from small_site import GARDEN, section

from rag.types import Basis, Citation, Filters, Sentence
from ui.copied import markdown
from ui.markdown import plain_markdown
from ui.render import BASES, REFUSED, excerpt, left_out, record_field, web
from ui.texts import Texts, english

GAP = re.compile(r"\{\w+\}")
SINCE = Filters(since=datetime(2020, 1, 2, tzinfo=UTC))
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


def plain(text: str) -> str:
    """Markdown without its backslashes."""
    return text.replace("\\", "")


def texts(tree: LexborHTMLParser, selector: str) -> list[str]:
    return [node.text() for node in tree.css(selector)]


# ---------------------------------------------------------------- escaping


@given(STRANGE)
def test_markdown_shows_any_text_as_it_is(text: str) -> None:
    flat = " ".join(text.split())
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(plain_markdown(text))
    assert unescape(shown) == (f"<p>{flat}</p>\n" if flat else "")


@given(STRANGE)
def test_an_excerpt_is_the_section_around_the_quote(text: str) -> None:
    whole = section("0", (), f"Before {text} after")
    shown = excerpt(Citation(GARDEN[0].post, whole, Sentence(text, 7), ""), 10**6)
    assert shown == ("Before ", text, " after")


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
    assert any(EVIL in sentence.text for sentence in answer.sentences)
    tree = html(markdown(answer))
    assert EVIL in (tree.body.text() if tree.body else "")
    assert {node.tag for node in tree.css("*")} <= set("html head body p a em".split())
    addresses = [link.attributes["href"] or "" for link in tree.css("a")]
    assert all(address.startswith("https://garden.example/") for address in addresses)


# ---------------------------------------------------------------- Markdown


def test_every_sentence_has_its_basis_and_a_footnote_with_the_quote(
    assistant: FakeAssistant,
) -> None:
    answer = assistant.ask(LETTUCES)
    said = markdown(answer)
    for number, sentence in enumerate(answer.sentences, 1):
        citation = sentence.citations[0]
        assert f"{plain_markdown(sentence.text)}[^{number}] *Quoted*" in said
        (note,) = re.findall(rf"^\[\^{number}\]: (.*)$", said, re.MULTILINE)
        (quote,) = texts(html(note), "p")
        assert citation.post.title in quote
        assert quote.endswith(f"“{citation.quote}”")
        links = [link.attributes["href"] for link in html(note).css("a")]
        assert links == ([citation.url] if citation.url.startswith("http") else [])
    assert "1 March 2023: “" in html(said).body.text()  # type: ignore[union-attr]
    assert f"Note: {answer.warnings[0]}" in texts(html(said), "em")


def test_no_basis_claims_more_than_it_is() -> None:
    assert [BASES[basis] for basis in Basis] == [
        "Quoted",
        "Supported (estimated)",
        "From the post's record",
    ]


def test_a_refusal_names_the_nearest_sections_with_links(assistant: FakeAssistant) -> None:
    answer = assistant.ask("lettuces lost at the world cup")
    tree = html(markdown(answer))
    assert texts(tree, "strong") == [REFUSED]
    said = "Slugs without pellets › Results, 1 March 2023: “The bare bed lost twenty-two lettuces.”"
    assert said in texts(tree, "li")
    assert "Searched for “lettuces lost at the world cup”" in texts(tree, "em")
    links = [link.attributes["href"] or "" for link in tree.css("li a")]
    assert any(
        link.startswith("https://garden.example/slugs-without-pellets/#:~:") for link in links
    )


def test_why_nothing_is_answered_stands_above_the_nearest_sections(
    assistant: FakeAssistant,
) -> None:
    said = plain(markdown(assistant.ask("Does Zaphod eat the lettuces?")))
    assert said.count("Note: No post mentions “Zaphod”.") == 1
    assert said.index("Note: No post mentions") < said.index(english()["nearest_hint"])


def test_what_was_left_out_is_told(assistant: FakeAssistant) -> None:
    answer = assistant.ask(f"{LETTUCES} invent")
    dropped = len(answer.rejected)
    assert dropped > 1
    told = f"{dropped} sentences of the draft did not pass the check and are left out."
    assert told in texts(html(markdown(answer)), "em")
    assert CLEANED not in markdown(answer).replace("\\", "")
    assert left_out(answer.rejected[:1]).startswith("1 sentence of the draft did not pass")
    assert left_out(answer.rejected[:1]).endswith("is left out.")


def test_what_is_copied_is_in_the_pages_language(assistant: FakeAssistant) -> None:
    own = {key: f"«{key}{''.join(GAP.findall(text))}»" for key, text in english().items()}
    foreign = Texts("he", own)
    answered = assistant.ask(f"{LETTUCES} invent", filters=SINCE)
    refused = assistant.ask("lettuces lost at the world cup", filters=SINCE)
    for answer in (answered, refused):
        copied = plain(markdown(answer, foreign))
        english_words = "Quoted|Searched|No answer|nearest sections|draft|Note|March|Since"
        assert re.findall(english_words, copied) == []
        assert "2023-03-01" in copied
    assert "«is_quoted»" in plain(markdown(answered, foreign))
    assert f"«copy_left_out_many{len(answered.rejected)}»" in plain(markdown(answered, foreign))
    for key in ("«refused»", "«nearest_hint»", "«limit_since2020-01-02»", "«searched_for“lettuces"):
        assert key in plain(markdown(refused, foreign))


def test_what_the_search_was_limited_to_is_told_as_on_the_page(assistant: FakeAssistant) -> None:
    def told(**limits: Any) -> str:
        answer = assistant.ask("lettuces lost at the world cup", filters=Filters(**limits))
        return next(one for one in texts(html(markdown(answer)), "em") if "Searched for" in one)

    assert told() == "Searched for “lettuces lost at the world cup”"
    limited = told(authors=("Ines Moreau", "Tom Baker"), categories=("Growing",), tags=("spring",))
    assert limited.endswith(
        "” · Author: Ines Moreau · Author: Tom Baker · Category: Growing · Tag: spring"
    )
    since, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    assert told(since=since).endswith(" · Since 1 January 2020")
    assert told(until=until).endswith(" · Until 31 December 2020")
    assert told(since=since, until=until).endswith(" · 1 January 2020 – 31 December 2020")


# ---------------------------------------------------------------- words


def test_a_long_section_is_cut_between_words() -> None:
    words = " ".join(f"word{n}" for n in range(500))
    whole = section("0", (), f"{words} The quote. {words}")
    quote = Sentence("The quote.", len(words) + 1)
    before, marked, after = excerpt(Citation(GARDEN[0].post, whole, quote, ""), 60)
    assert marked == "The quote."
    assert before.startswith("… word")
    assert after.endswith(" …")
    assert set((before + after).split()) - {"…"} <= set(words.split())
    assert len(before) < 70


def test_a_field_of_the_record_is_shown_with_its_name() -> None:
    record = GARDEN[0].post
    shown = [
        record_field(Citation(record, None, None, "", name)) for name in ("published", "authors")
    ]
    assert shown == ["Published: 1 March 2020", "Authors: Ines Moreau"]
