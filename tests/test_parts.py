"""Lists, rows and short answers, as the page and the terminal show them."""

from __future__ import annotations

import io

import pytest
from answers import FixedJudge, draft
from markdown_it import MarkdownIt
from rich.console import Console
from selectolax.lexbor import LexborHTMLParser
from small_site import post

from rag.checking.verify import Check, verify
from rag.text.sentences import split_sentences
from rag.types import Answer, Block, BlockKind, Claim, Pointer, Section, Span
from ui import show
from ui.copied import markdown
from ui.parts import Part, parts, row_words
from ui.view import view

HEADER = "Year | Posts"
BLOCKS: tuple[tuple[BlockKind, str], ...] = (
    ("paragraph", "The ways are:"),
    ("item", "Wool mulch. It helps."),
    ("item", "Copper * tape"),
    ("item", "Toads"),
    ("paragraph", "The mill was built in 1871 by hand."),
    ("row", "2016 | 12"),
    ("row", "2017 | 9 | 3"),
)


def page() -> Section:
    blocks, start = [], 0
    for kind, text in BLOCKS:
        header = HEADER if kind == "row" else ""
        blocks.append(Block(start, start + len(text), kind, header))
        start += len(text) + 1
    return Section("1", (), None, 1, "\n".join(text for _, text in BLOCKS), tuple(blocks))


def quoted(*texts: str, short: Span | None = None) -> Answer:
    section, record = page(), post(9, "Slugs").post
    every = {one.text: one for one in split_sentences(section.text, section.blocks)}
    claims = [Claim(text, (Pointer(record, section, every[text]),), short=short) for text in texts]
    *_, answer = verify(draft(*claims), Check(FixedJudge(), 0.5))
    assert len(answer.sentences) == len(texts)
    return answer


def html(answer: Answer) -> LexborHTMLParser:
    return LexborHTMLParser(MarkdownIt("commonmark").render(markdown(answer)))


def terminal(answer: Answer, monkeypatch: pytest.MonkeyPatch, *, styled: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, soft_wrap=True, force_terminal=styled, color_system="standard" if styled else None
    )
    monkeypatch.setattr(show, "Console", lambda **_: console)
    show.print_answer(answer)
    return out.getvalue()


def test_items_of_a_list_are_one_part_and_say_how_many_are_left() -> None:
    answer = quoted("The ways are:", "Wool mulch.", "It helps.", "Toads")
    assert parts(answer) == (Part(((0,),)), Part(((1, 2), (3,)), listed=True, left=1))
    assert parts(quoted("Toads", "The ways are:")) == (Part(((0,),), True, 2), Part(((1,),)))


def test_a_list_and_a_table_are_two_parts() -> None:
    answer = quoted("Toads", "2016 | 12", "2017 | 9 | 3")
    assert parts(answer) == (Part(((0,),), True, 2), Part(((1,), (2,)), True, 0))


def test_a_row_is_read_with_the_heads_of_its_columns() -> None:
    answer = quoted("2016 | 12", "2017 | 9 | 3", "Toads")
    words = [row_words(one.citations[0]) for one in answer.sentences]
    assert words == ["Year: 2016; Posts: 12", "(Year | Posts) 2017 | 9 | 3", ""]
    assert [one.text for one in answer.sentences] == ["2016 | 12", "2017 | 9 | 3", "Toads"]


def test_markdown_has_a_list_as_a_list() -> None:
    tree = html(quoted("The ways are:", "Wool mulch.", "It helps.", "Copper * tape"))
    items = [node.text().strip() for node in tree.css("ul > li")]
    assert items == ["Wool mulch.[^2] Quoted It helps.[^3] Quoted", "Copper * tape[^4] Quoted"]
    assert "(1 more in the post)" in (tree.body.text() if tree.body else "")


def test_a_row_with_its_heads_is_not_told_to_be_word_for_word() -> None:
    answer = quoted("2016 | 12", "The mill was built in 1871 by hand.")
    said = [one for part in view(answer).shown for line in part.lines for one in line]
    assert [(one.text, one.row) for one in said] == [
        ("Year: 2016; Posts: 12", True),
        ("The mill was built in 1871 by hand.", False),
    ]


def test_the_page_is_sent_a_list_as_a_list_and_a_row_with_its_heads() -> None:
    lead, listed = view(quoted("The ways are:", "Wool mulch.", "It helps.", "Copper * tape")).shown
    assert (lead.listed, listed.listed, listed.left) == (False, True, 1)
    said = [[(one.text, one.marks) for one in line] for line in listed.lines]
    assert said == [[("Wool mulch.", (2,)), ("It helps.", (3,))], [("Copper * tape", (4,))]]
    (row,) = view(quoted("2016 | 12")).shown
    assert row.lines[0][0].text == "Year: 2016; Posts: 12"
    assert view(quoted(MILL, short=Span(22, 26))).shown[0].lines[0][0].short == (22, 26)


def test_markdown_has_a_row_with_its_heads() -> None:
    tree = html(quoted("2016 | 12"))
    assert [node.text().strip() for node in tree.css("li")] == ["Year: 2016; Posts: 12[^1] Quoted"]


def test_the_terminal_shows_lists_rows_and_what_stands_in_the_post(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = terminal(quoted("The ways are:", "Toads", "2016 | 12"), monkeypatch)
    assert "  • Toads [2] · Quoted\n  (2 more in the post)\n" in said
    assert "  • Year: 2016; Posts: 12 [3] · Quoted\n" in said
    assert "    “2016 | 12”\n" in said


MILL = "The mill was built in 1871 by hand."


@pytest.mark.parametrize(
    ("short", "said"),
    [
        (Span(22, 26), "1871"),
        (Span(0, 8), "The mill"),
        (Span(27, 34), "by hand"),
        (Span(0, len(MILL)), MILL),
    ],
)
def test_a_short_answer_is_bold_on_the_page_and_in_the_terminal(
    short: Span, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = quoted(MILL, short=short)
    tree = html(answer)
    assert [node.text() for node in tree.css("strong")] == [said]
    paragraph = tree.css_first("p")
    assert paragraph is not None
    assert paragraph.text().startswith(f"{MILL}[^1] Quoted")
    assert f"\x1b[1m{said}\x1b[0m" in terminal(answer, monkeypatch, styled=True)


def test_nothing_is_bold_without_a_short_answer() -> None:
    assert not html(quoted(MILL)).css("strong")
