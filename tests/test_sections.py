from __future__ import annotations

import glob
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser
from tests_shared import SHARED, needs_shared

from ingest.html.coverage import coverage
from ingest.html.items import Heading
from ingest.html.sections import sections
from ingest.html.text import items
from rag.types import Section


def outline(html: str, title: str = "") -> list[tuple[str, str, str]]:
    return [(s.key, " › ".join(s.headings), s.text) for s in sections(html, title=title)]


def texts(html: str) -> list[str]:
    return [s.text for s in sections(html)]


def test_text_is_parted_by_heading_with_path_key_and_anchor() -> None:
    html = """<p>Intro.</p><h2 id="soil">Soil</h2><p>Dig.</p><h3>Clay</h3><p>Heavy.</p>
    <h3>Sand</h3><p>Light.</p><h2>Seed</h2><p>Sow.</p>"""
    assert outline(html) == [
        ("0", "", "Intro."),
        ("1", "Soil", "Dig."),
        ("1.1", "Soil › Clay", "Heavy."),
        ("1.2", "Soil › Sand", "Light."),
        ("2", "Seed", "Sow."),
    ]
    assert [s.anchor for s in sections(html)] == [None, "soil", None, None, None]


@pytest.mark.parametrize(
    ("html", "anchor"),
    [
        ('<h2 id="own"><span id="inner">A</span></h2><p>x</p>', "own"),
        ('<h2><span class="ez-toc-section" id="A_b">A</span></h2><p>x</p>', "A_b"),
        ('<h2><a name="old"></a>A</h2><p>x</p>', "old"),
        ('<section id="wrap"><h2>A</h2><p>x</p></section>', "wrap"),
        ('<section id="wrap"><p>before</p><h2>A</h2><p>x</p></section>', None),
        ('<h2 id="%D0%B0">A</h2><p>x</p>', "%D0%B0"),
        ('<h2 id="">A</h2><p>x</p>', None),
    ],
)
def test_an_anchor_is_an_id_that_leads_there(html: str, anchor: str | None) -> None:
    assert sections(html)[-1].anchor == anchor


def test_of_equal_ids_only_the_first_leads_anywhere() -> None:
    found = sections('<h2 id="a">A</h2><p>x</p><h2 id="a">A</h2><p>y</p>')
    assert [(s.key, s.headings, s.anchor) for s in found] == [
        ("1", ("A",), "a"),
        ("2", ("A",), None),
    ]


def test_levels_are_a_stack() -> None:
    html = "<h2>A</h2><h4>B</h4><p>b</p><h1>C</h1><p>c</p><h2>D</h2><p>d</p>"
    assert outline(html) == [("1.1", "A › B", "b"), ("2", "C", "c"), ("2.1", "C › D", "d")]


def test_headings_in_containers_part_and_in_quotes_and_cells_do_not() -> None:
    html = """<details><summary>More</summary><h2>In details</h2><p>a</p></details>
    <div class="wp-block-columns"><div><h2>Left</h2><p>b</p></div></div>
    <blockquote><h2>Said</h2><p>quoted</p></blockquote>
    <table><tr><td><h3>Cell</h3>one</td><td>two</td></tr></table>"""
    assert outline(html) == [
        ("0", "", "More"),
        ("1", "In details", "a"),
        ("2", "Left", "b\nSaid\nquoted\nCell one | two"),
    ]
    assert [b.kind for b in sections(html)[2].blocks] == ["paragraph", "quote", "quote", "row"]


def test_empty_headings_part_nothing() -> None:
    html = "<p>a</p><h2></h2><p>b</p><h2>&nbsp;</h2><h3><br></h3><p>c</p>"
    assert outline(html) == [("0", "", "a\nb\nc")]
    assert outline('<h2><img alt="Map of beds" src="x.png"></h2><p>a</p>') == [
        ("1", "Map of beds", "a")
    ]


def test_a_heading_that_leads_to_no_text_is_text_itself() -> None:
    assert outline("<p>a</p><h2>Closed on Mondays</h2><h2>B</h2><p>b</p>") == [
        ("0", "", "a\nClosed on Mondays"),
        ("2", "B", "b"),
    ]
    assert outline("<h2>Only this</h2><h3>And this</h3>") == [("0", "", "Only this\nAnd this")]


def test_the_title_as_first_heading_is_no_section() -> None:
    assert outline("<h1>My beds</h1><p>a</p>", "My Beds") == [("0", "", "a")]
    assert outline("<p>a</p><h2>My beds</h2><p>b</p>", "My beds")[1][1] == "My beds"


def test_a_short_bold_paragraph_is_a_heading_below_all_others() -> None:
    html = "<h2>A</h2><p><strong>Step one</strong></p><p>Dig.</p><p><b>Dig deep.</b></p><p>x</p>"
    assert outline(html) == [("1.1", "A › Step one", "Dig.\nDig deep.\nx")]


def test_spaces_marks_and_letters_are_as_a_reader_sees_them() -> None:
    html = "<p>a&nbsp;b\n  c\u200bd so\u00adft \u200fe&#769; f &amp;#8217; &unknown; &#8217;</p>"
    assert texts(html) == ["a b cd soft é f &#8217; &unknown; ’"]
    assert texts("<p>👩\u200d🌾 digs</p>") == ["👩\u200d🌾 digs"]
    assert texts('<p>Fine <img class="emoji" alt="🌱" src="x"> day</p>') == ["Fine 🌱 day"]


def test_line_breaks_stay_and_blocks_do_not_glue() -> None:
    assert texts("<p>one<br>two<br><br>three</p>") == ["one\ntwo\nthree"]
    assert texts("<ul><li>Milk<ul><li>whole</li></ul></li><li>Eggs</li></ul>") == [
        "Milk\nwhole\nEggs"
    ]
    assert texts("<div>loose <b>te</b>xt<p>para</p>tail</div>") == ["loose text\npara\ntail"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[vc_row][vc_column]Inside[/vc_column][/vc_row]", "Inside"),
        ('[contact-form-7 id="12"] Write us', "Write us"),
        ("[contact id=&#8221;12&#8243;] Write", "Write"),
        (
            "array[0] and [1] and [sic] and [see below]",
            "array[0] and [1] and [sic] and [see below]",
        ),
    ],
)
def test_plugin_tags_go_and_brackets_of_the_text_stay(text: str, kept: str) -> None:
    assert texts(f"<p>{text}</p>") == [kept]


def test_what_no_reader_reads_is_left_out() -> None:
    html = """<script>x()</script><style>p{}</style><template><p>no</p></template><p>Yes.</p>
    <form><label>Mail</label><input><button>Go</button></form><iframe>no</iframe><noscript>no</noscript>
    <p style="display: none">no</p><p hidden>no</p><span class="screen-reader-text">no</span>
    <div id="ez-toc-container"><h2>Table of contents</h2><a href="#a">A</a></div>
    <div class="sharedaddy sd-sharing-enabled">Share</div>
    <ul class="wp-block-latest-posts"><li>no</li></ul>"""
    assert outline(html) == [("0", "", "Yes.")]


def test_tables_are_rows_with_their_header() -> None:
    html = """<figure class="wp-block-table"><table>
    <thead><tr><th>Plan</th><th>Price</th></tr></thead>
    <tbody><tr><td>Basic</td><td>€5<br>a month</td></tr><tr><td rowspan="2">Pro</td><td>€9</td></tr>
    <tr><td>€90 a year</td></tr></tbody></table><figcaption>Prices in 2024</figcaption></figure>"""
    (found,) = sections(html)
    assert found.text.split("\n") == [
        "Basic | €5 a month", "Pro | €9", "Pro | €90 a year", "Prices in 2024",
    ]  # fmt: skip
    assert [(b.kind, b.header) for b in found.blocks] == [
        ("row", "Plan | Price"), ("row", "Plan | Price"), ("row", "Plan | Price"), ("caption", ""),
    ]  # fmt: skip


def test_a_table_for_layout_is_no_table() -> None:
    html = "<table><tr><td><h2>A</h2><p>one</p><p>two</p></td></tr></table>"
    assert outline(html) == [("1", "A", "one\ntwo")]


def test_code_stays_as_it_is() -> None:
    html = "<pre>\n# not a heading\n  &lt;h2&gt;[x] -- y&lt;/h2&gt;\n</pre>"
    (found,) = sections(html)
    assert found.text == "# not a heading\n  <h2>[x] -- y</h2>"
    assert found.blocks[0].kind == "code"


def test_footnote_numbers_do_not_glue_and_notes_are_kept() -> None:
    html = """<p>One claim.<sup data-fn="n1"><a href="#n1" id="n1-link">1</a></sup> Another.</p>
    <p>10 m<sup>2</sup></p>
    <ol class="wp-block-footnotes"><li id="n1">The source. <a href="#n1-link">↩︎</a></li></ol>"""
    (found,) = sections(html)
    assert found.text == "One claim. Another.\nThe source.\n10 m2"
    assert [block.kind for block in found.blocks] == ["paragraph", "note", "paragraph"]


@pytest.mark.parametrize(
    ("html", "text", "gaps"),
    [
        ("<p>One<sup data-fn='n'><a href='#n'>1</a></sup> two.</p>", "One two.", ((3, 3),)),
        ("<p>One &nbsp;two.</p>", "One two.", ((3, 4),)),
        ("<p>One&nbsp;two &nbsp; </p>", "One two", ()),
        ("<p>One <img src='a.png'> two.</p>", "One two.", ((3, 3),)),
        ("<p>A <img class='emoji' alt='🌱' src='a.png'> b</p>", "A 🌱 b", ((2, 3),)),
        ("<p>[gone id='1']One[/gone] two.</p>", "One two.", ((0, 0), (3, 3))),
        ("<p>One.</p><form>x</form><p>Two.</p>", "One.\nTwo.", ((5, 5),)),
        ("<h2>A <a href='#a'>#</a></h2><p>One.</p>", "One.", ((0, 0),)),
        ("<h2>A <a href='#a'>#</a></h2><pre>One.</pre>", "One.", ((0, 0),)),
        ("<p>One \n<b> two</b>.</p>", "One two.", ()),
        ("<p>\ufdd0One\ufdd1\ufdd3 two.</p>", "One two.", ()),
        (
            "<table><tr><td>a<br>b</td><td rowspan='2'>c</td></tr><tr><td>d</td></tr></table>",
            "a b | c\nd | c",
            ((1, 1), (12, 13)),
        ),
    ],
)
def test_where_text_and_page_part_is_kept(
    html: str, text: str, gaps: tuple[tuple[int, int], ...]
) -> None:
    (section,) = sections(html)
    assert section.text == text
    assert tuple(gap for block in section.blocks for gap in block.gaps) == gaps


def test_broken_markup_is_read_as_a_browser_reads_it() -> None:
    assert outline("<h2>A</h3><p>a</p><h2>B</h2><p>b</p>")[0] == ("1", "A", "a")
    long = "word " * 60
    assert outline(f"<h2>Never closed <p>{long}</p>") == [
        ("0", "", f"Never closed\n{long.strip()}")
    ]


def test_pages_count_and_a_section_that_goes_on_starts_anew() -> None:
    html = "<h2>A</h2><p>a</p><!--nextpage--><p>more</p><h2>B</h2><p>b</p>"
    assert [(s.key, s.headings, s.page, s.text) for s in sections(html)] == [
        ("1", ("A",), 1, "a"),
        ("1p2", ("A",), 2, "more"),
        ("2", ("B",), 2, "b"),
    ]


def test_a_permalink_sign_is_no_part_of_a_heading() -> None:
    html = '<h2 id="a">Beds <a class="anchor" href="#a">#</a></h2><p>x</p>'
    assert outline(html) == [("1", "Beds", "x")]


def test_depth_and_length_are_no_danger() -> None:
    assert texts("<div>" * 10_000 + "deep") == ["deep"]
    assert len(sections("<h2>A</h2><p>b</p>" * 5000)) == 5000


def test_nothing_is_no_section() -> None:
    for html in ("", " ", "<p></p>", "<!-- only a comment -->", "<img src=x>"):
        assert sections(html) == ()


_MARKUP = """<p> </p> <h2> </h2> <h3\tid='a'> </h3> <b> </b> <table> <tr> <td> </td> <th> </table>
<li> </ul> <blockquote> </blockquote> <pre> </pre> <br> <!--nextpage--> [x] &nbsp; word é 我 < &"""
_PIECES = st.lists(
    st.sampled_from([*re.split("[ \n]", _MARKUP), " ", "\n", "\u200b", "\ud800", "\0"]), max_size=40
).map("".join)


@settings(max_examples=300)
@given(_PIECES)
def test_blocks_cover_the_text_and_nothing_breaks(html: str) -> None:
    found = sections(html, title="word")
    assert len({one.key for one in found}) == len(found)
    for one in found:
        check_blocks(one)


def check_blocks(one: Section) -> None:
    assert one.text
    one.text.encode("utf-8")
    assert "\0" not in one.text
    end = -1
    for block in one.blocks:
        assert block.start == end + 1
        text = one.text[block.start : block.end]
        assert text
        assert text == text.strip()
        end = block.end
    assert end == len(one.text)


@needs_shared
def test_headings_of_a_real_server_are_as_in_its_html() -> None:
    # A quote's and a cell's heading is text, a table of contents is none, an image's text names it.
    meant = {
        "nested-containers", "toc-easy", "empty-headings", "japanese-yoast-ids", "shortcodes",
        "tables", "hebrew-thai-hindi",
    }  # fmt: skip
    seen = 0
    for file in sorted(glob.glob(str(SHARED / "wordpress/captures-6.8.12/posts-page[1-8].json"))):
        with open(file, encoding="utf-8") as stream:
            posts = json.load(stream)
        for post in posts:
            html = post["content"]["rendered"]
            tags = LexborHTMLParser(html).css("h1, h2, h3, h4, h5, h6")
            wanted = [" ".join(tag.text().split()) for tag in tags]
            found = [i.text for i in items(html) if isinstance(i, Heading) and i.level < 7]
            if post["slug"] not in meant:
                assert found == [text for text in wanted if text], post["slug"]
            seen += 1
    assert seen == 153


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>を読む。", "漢字を読む。"),
        ("Click <svg class='i'><text>x</text></svg> to save it.", "Click to save it."),
        ("One <script>x()</script><style>p{}</style>line.", "One line."),
        (
            "If <math><semantics><mrow><mi>E</mi><mo>=</mo><msqrt><mi>m</mi></msqrt></mrow>"
            "<annotation>E=\\sqrt m</annotation></semantics></math> holds.",
            "If E=m holds.",
        ),
    ],
)
def test_what_stands_in_a_line_does_not_break_it(html: str, text: str) -> None:
    for around in ("<p>{}</p>", "<ul><li>{}</li></ul>", "<table><tr><td>{}</td></tr></table>"):
        (section,) = sections(around.format(html))
        assert section.text == text
        assert coverage(around.format(html), (section,)).lost == ()


def test_what_an_accordion_folds_away_keeps_its_heading() -> None:
    html = (
        '<h3 class="wp-block-accordion-heading"><button type="button"'
        ' class="wp-block-accordion-heading__toggle"><span>When to sow?</span><span'
        ' class="wp-block-accordion-heading__toggle-icon" aria-hidden="true">+</span></button></h3>'
        "<p>In March.</p>"
        '<h2><button aria-expanded="false" aria-controls="b">And to water?</button></h2>'
        '<div id="b"><p>At dawn.</p></div>'
        '<div><button class="kt-blocks-accordion-header">Tools</button></div><p>A spade.</p>'
        "<button>Send</button>"
    )
    found = [(section.headings, section.text) for section in sections(html)]
    assert found == [
        (("When to sow?",), "In March."),
        (("And to water?",), "At dawn.\nTools\nA spade."),
    ]
