from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.links import deep_link, text_fragment
from rag.text.sentences import question_words, search_words, split_sentences
from rag.types import Block, Post, Section, Sentence


def section(text: str, *, anchor: str | None = None, page: int = 1) -> Section:
    return Section("1", ("Prices",), anchor, page, text)


POST = Post(id="blog.example/7", title="Prices", url="https://blog.example/prices/")


@given(st.text())
def test_every_sentence_is_a_slice_of_the_text(text: str) -> None:
    for sentence in split_sentences(text):
        assert text[sentence.start : sentence.end] == sentence.text


@given(st.text())
def test_no_character_but_white_space_is_lost(text: str) -> None:
    kept = "".join(sentence.text for sentence in split_sentences(text))
    assert "".join(kept.split()) == "".join(text.split())


def test_abbreviations_and_numbers_do_not_end_a_sentence() -> None:
    found = split_sentences("Dr. Smith paid $3.50 on Jan. 5. He left.")
    assert [s.text for s in found] == ["Dr. Smith paid $3.50 on Jan. 5.", "He left."]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "你好。世界很大。"),
        ("ja", "雨が降った。傘を買った。"),
        ("hi", "यह पहला वाक्य है। यह दूसरा वाक्य है।"),
        ("ar", "ذهب الولد إلى المدرسة. عاد إلى البيت."),
        ("ko", "비가 왔다. 우산을 샀다."),
    ],
)
def test_sentences_end_in_other_scripts(language: str, text: str) -> None:
    assert len(split_sentences(text, language=language)) == 2


def test_a_table_row_and_a_line_of_code_are_one_sentence_each() -> None:
    text = "Basic. Plan | €5\nx = 1. y = 2.\nz = 3"
    blocks = (Block(0, 16, "row"), Block(17, len(text), "code"))
    found = [s.text for s in split_sentences(text, blocks)]
    assert found == ["Basic. Plan | €5", "x = 1. y = 2.", "z = 3"]


def test_scripts_without_spaces_become_pairs_and_others_words() -> None:
    assert search_words("Korea 한국어 abc漢字test") == "Korea 한국 국어 abc 漢字 test"
    assert search_words("हिन्दी") == "हिन्दी"
    assert search_words("1,284 posts") == "1284 posts"


@given(st.text())
def test_search_words_keep_every_letter_and_number(text: str) -> None:
    said = set(search_words(text).replace(" ", ""))
    # Wide letters become plain ones, and Arabic ones lose what some write and others do not.
    kept = {
        c for c in text
        if c.isalnum() and not "\u0600" <= c <= "\u06ff" and not "\uff01" <= c <= "\uff9f"
    }  # fmt: skip
    assert kept <= said | set(",")


def test_question_words_leave_stop_words_out_unless_there_is_nothing_else() -> None:
    assert question_words("When was the bridge built, and by whom?") == ("bridge", "built")
    assert question_words("What is it?") == ("what", "is", "it")


def test_a_link_has_page_anchor_and_words() -> None:
    here = section("It costs $5 – or less, if you ask. Nobody asks.", anchor="hé 1", page=2)
    link = deep_link(POST, here, Sentence("It costs $5 – or less, if you ask.", 0))
    address, _, directive = link.partition("#")
    assert address == "https://blog.example/prices/2/"
    anchor, _, words = directive.partition(":~:text=")
    assert anchor == "h%C3%A9%201"
    assert unquote(words) == "It costs $5 – or less, if you ask."
    assert "," not in words


def test_plain_permalinks_get_their_page_as_a_parameter() -> None:
    post = Post(id="blog.example/7", title="", url="https://blog.example/?p=7")
    assert deep_link(post, section("Text here.", page=3)) == "https://blog.example/?p=7&page=3"


def test_a_post_without_an_address_has_no_link() -> None:
    post = Post(id="x/7", title="", url="")
    here = section("A sentence with words.")
    assert deep_link(post, here, Sentence("A sentence with words.", 0)) == ""


def test_the_base_takes_the_place_of_scheme_and_host_only() -> None:
    link = deep_link(POST, section("x"), base="http://127.0.0.1:7860/site/")
    assert link == "http://127.0.0.1:7860/site/prices/"


def test_a_quote_that_crosses_cells_or_lines_is_written_as_start_and_end() -> None:
    row = section("Basic plan | five euros a month")
    assert text_fragment(row, Sentence(row.text, 0)) == "Basic%20plan,five%20euros%20a%20month"
    lines = section("first item\nsecond item")
    assert text_fragment(lines, Sentence(lines.text, 0)) == "first%20item,second%20item"


def test_a_hyphen_is_encoded_because_it_marks_context() -> None:
    here = section("A well-known trick of the trade.")
    assert "%2D" in text_fragment(here, Sentence(here.text, 0))


def test_a_sentence_that_stands_twice_gets_what_stands_before_it() -> None:
    here = section(
        "One morning it rained all day. It rained all day again.\nIt rained all day again."
    )
    second = Sentence("It rained all day again.", here.text.rindex("It rained"))
    assert text_fragment(here, second).endswith("-,It%20rained%20all%20day%20again.")


def test_a_short_first_sentence_is_found_by_the_heading_before_it() -> None:
    assert text_fragment(section("Yes. More text."), Sentence("Yes.", 0)) == "Prices-,Yes."


def test_a_long_quote_is_written_as_its_ends() -> None:
    text = " ".join(f"word{n}" for n in range(60))
    fragment = text_fragment(section(text), Sentence(text, 0))
    assert fragment.count(",") == 1
    assert len(fragment) < 300


def with_gaps(text: str, *gaps: tuple[int, int]) -> Section:
    blocks = (Block(0, len(text), gaps=gaps),)
    return Section("1", ("Prices",), None, 1, text, blocks)


@pytest.mark.parametrize(
    ("text", "gaps", "terms"),
    [
        # A number between them: "claim1" is one word to a browser, and only whole words are found.
        ("A claim and another one.", [(7, 7)], ["A", "and another one."]),
        ("A claim, and another one.", [(8, 8)], ["A claim,", "and another one."]),
        ("It has two spaces here.", [(6, 7)], ["It has", "two spaces here."]),
        ("All that 🌱 needs is rain.", [(9, 10)], ["All that", "needs is rain."]),
        ("降った傘を買った。", [(3, 3)], ["降った", "傘を買った。"]),
        ("It rains all day.", [(17, 17)], ["It rains all day."]),
    ],
)
def test_a_link_steps_over_what_the_page_has_and_the_text_has_not(
    text: str, gaps: list[tuple[int, int]], terms: list[str]
) -> None:
    (sentence,) = split_sentences(text)
    found = text_fragment(with_gaps(text, *gaps), sentence).split(",")
    assert [unquote(term) for term in found if not term.startswith("Prices")] == terms


def test_context_stops_where_the_page_goes_on_otherwise() -> None:
    text = "Home\nYes.\nAway"
    whole = Section("1", (), None, 1, text, (Block(0, 4), Block(5, 9), Block(10, 14)))
    assert text_fragment(whole, Sentence("Yes.", 5)) == "Home-,Yes."
    gap_before = (Block(0, 4), Block(5, 9, gaps=((5, 5),)), Block(10, 14))
    parted = Section("1", (), None, 1, text, gap_before)
    assert text_fragment(parted, Sentence("Yes.", 5)) == "Yes.,-Away"
    parted = Section("1", (), None, 1, text, (*gap_before[:2], Block(10, 14, gaps=((10, 10),))))
    assert text_fragment(parted, Sentence("Yes.", 5)) == "Yes."
