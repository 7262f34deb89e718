"""Nasty posts, cases 1 to 14: headings, anchors and lengths. docs/wordpress-cases.md lists them."""

from __future__ import annotations

import time

import pytest
from nasty_blog import Blog, blog, outline

__all__ = ["blog"]


def test_case_01_duplicate_ids(blog: Blog) -> None:
    blog.read(
        '<h2 id="hours">Hours</h2><p>The garden is open daily.</p>'
        '<h2 id="hours">Hours</h2><p>The garden is open daily.</p><p>Dogs wait outside.</p>'
    )
    found = blog.nearest("The garden is open daily.")
    base, words = "https://garden.example/post-7/", "The%20garden%20is%20open%20daily."
    assert found["1"].url == f"{base}#hours:~:text=Hours-,{words}"
    # Not "#hours", which leads to the first; what stands around the words tells them apart.
    assert found["2"].url == f"{base}#:~:text=Hours-,{words},-Dogs%20wait%20outside."


def test_case_02_the_same_heading_twice(blog: Blog) -> None:
    found = blog.read("<h2>Tips</h2><p>Dig.</p><h2>Beds</h2><h3>Tips</h3><p>Sow.</p>"
                      "<h2>Tips</h2><p>Weed.</p>")  # fmt: skip
    assert outline(found) == [
        ("1", "Tips", "Dig."), ("2.1", "Beds › Tips", "Sow."), ("3", "Tips", "Weed."),
    ]  # fmt: skip


def test_case_03_h1_in_the_content(blog: Blog) -> None:
    found = blog.read("<h2>A</h2><p>a</p><h1>Top</h1><p>t</p><h2>B</h2><p>b</p>")
    assert outline(found) == [("1", "A", "a"), ("2", "Top", "t"), ("2.1", "Top › B", "b")]
    # The post's title stays the root.
    assert blog.embedder.texts[1:] == ["Post 7 › Top\nt", "Post 7 › Top › B\nb"]


def test_case_04_h2_then_h4(blog: Blog) -> None:
    found = blog.read("<h2>A</h2><p>a</p><h4>Deep</h4><p>d</p>")
    assert outline(found)[1] == ("1.1", "A › Deep", "d")


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("<details open><summary>More</summary>", "</details>"),
        ('<div class="wp-block-columns"><div class="wp-block-column">', "</div></div>"),
        ('<div class="wp-block-group">', "</div>"),
        ('<figure class="wp-block-media-text">', "</figure>"),
    ],
    ids=["details", "columns", "group", "figure"],
)
def test_case_05_a_heading_in_a_container(blog: Blog, before: str, behind: str) -> None:
    found = blog.read(f"{before}<h2>Inside</h2><p>in</p>{behind}")
    assert outline(found)[-1] == ("1", "Inside", "in")


def test_case_05_a_heading_in_a_quote(blog: Blog) -> None:
    found = blog.read("<p>a</p><blockquote><h2>Said</h2><p>so</p></blockquote>")
    assert outline(found) == [("0", "", "a\nSaid\nso")]


def test_case_06_a_heading_in_a_table_cell(blog: Blog) -> None:
    found = blog.read("<h2>A</h2><table><tr><td><h3>Cell</h3>one</td><td>two</td></tr>"
                      "<tr><td>three</td><td>four</td></tr></table>")  # fmt: skip
    assert outline(found) == [("1", "A", "Cell one | two\nthree | four")]


@pytest.mark.parametrize("heading", ["<h2></h2>", "<h2>&nbsp;</h2>", "<h2><br></h2>", "<h3> </h3>"])
def test_case_07_an_empty_heading(blog: Blog, heading: str) -> None:
    assert outline(blog.read(f"<p>a</p>{heading}<p>b</p>")) == [("0", "", "a\nb")]


def test_case_08_an_image_as_heading(blog: Blog) -> None:
    lazy = (
        '<img src="data:image/gif;base64,R0lGOD" data-src="map.jpg" alt="Map of beds">'
        '<noscript><img src="map.jpg" alt="Map of beds"></noscript>'
    )
    assert outline(blog.read(f"<h2>{lazy}</h2><p>a</p>")) == [("1", "Map of beds", "a")]
    assert outline(blog.read('<p>a</p><h2><img src="map.jpg"></h2><p>b</p>')) == [("0", "", "a\nb")]


def test_case_09_a_heading_with_nothing_below(blog: Blog) -> None:
    # With children it lives on in their paths.
    assert outline(blog.read("<h2>A</h2><h3>B</h3><p>b</p>")) == [("1.1", "A › B", "b")]
    # A leaf joins its parent's text …
    found = blog.read("<h2>A</h2><p>a</p><h3>Closed on Mondays</h3><h2>B</h2><p>b</p>")
    assert outline(found) == [("1", "A", "a\nClosed on Mondays"), ("2", "B", "b")]
    # … or the next one beside it, and no link says that it stands below that one's heading.
    found = blog.read("<h2>A</h2><p>a</p><h2>Part two</h2><h2>B</h2><p>One bed is enough.</p>")
    assert outline(found) == [("1", "A", "a"), ("3", "B", "Part two\nOne bed is enough.")]
    assert blog.nearest("Part two")["3"].url.endswith("#:~:text=Part%20two,-B")
    # At the end of a post there is only what came before.
    assert blog.text("<h2>A</h2><p>a</p><h2>Bye</h2>") == "a\nBye"


def test_case_10_no_heading_at_all(blog: Blog) -> None:
    sentences = [
        f"Bed number {n} was dug by hand in the wet spring of that year." for n in range(40)
    ]
    html = "".join(f"<p>{' '.join(sentences[n : n + 8])}</p>" for n in range(0, 40, 8))
    (section,) = blog.read(html, title={"rendered": "Forty beds"})
    assert (section.key, section.headings) == ("0", ())
    assert len(blog.embedder.texts) > 1
    assert all(text.startswith("Forty beds\n") for text in blog.embedder.texts)
    assert all(text.endswith("that year.") for text in blog.embedder.texts)
    (citation,) = blog.ask("Was bed number 17 dug by hand?").sentences[0].citations
    assert ":~:text=Bed%20number%2017%20was%20dug" in citation.url


def test_case_11_a_short_bold_paragraph(blog: Blog) -> None:
    found = blog.read(
        "<h2>Steps</h2><p><strong>1. Dig</strong></p><p>Deep.</p><p><b>2. Sow</b></p><p>Thin.</p>"
        f"<p><b>This is a sentence.</b></p><p><b>{'long ' * 21}</b></p>"
    )
    assert [one.headings for one in found] == [("Steps", "1. Dig"), ("Steps", "2. Sow")]
    assert [one.anchor for one in found] == [None, None]
    assert "This is a sentence.\nlong long" in found[1].text


def test_case_12_text_before_the_first_heading(blog: Blog) -> None:
    found = blog.read('<p>First words of all.</p><h2 id="a">A</h2><p>More here.</p>')
    assert (found[0].key, found[0].anchor) == ("0", None)
    url = blog.nearest("First words of all.")["0"].url
    assert url == "https://garden.example/post-7/#:~:text=First%20words%20of%20all."


def test_case_13_fifty_thousand_words(blog: Blog) -> None:
    part = " ".join(f"Row {n} holds seven lettuces and a slug." for n in range(125))
    html = "".join(f"<h2>Part {n}</h2><p>{part}</p>" for n in range(50))
    assert len(html.split()) >= 50_000
    found = blog.read(html)
    assert len(found) == 50
    assert len(blog.embedder.texts) >= 200
    limit = blog.settings().passage_tokens
    for text in blog.embedder.texts:
        assert text.startswith("Post 7 › Part ")
        assert len(blog.embedder.token_spans([text])[0]) + blog.embedder.special_tokens <= limit


def test_case_13_is_read_and_split_in_a_second_of_one_core(blog: Blog) -> None:
    from ingest.html.sections import sections
    from rag.text.sentences import split_sentences

    part = " ".join(f"Row {n} holds seven lettuces and a slug." for n in range(125))
    html = "".join(f"<h2>Part {n}</h2><p>{part}</p>" for n in range(50))
    started = time.process_time()
    found = sections(html)
    count = sum(len(split_sentences(one.text, one.blocks)) for one in found)
    assert count == 50 * 125
    assert time.process_time() - started < 1


def test_case_14_a_token_of_5000_characters_and_70_kb_without_a_full_stop(blog: Blog) -> None:
    words = " ".join(f"word{n}" for n in range(9000))
    assert len(words) > 70_000
    found = blog.read(f"<p>{'x' * 5000}</p><p>{words}</p>")
    assert found[0].text == f"{'x' * 5000}\n{words}"
    limit = blog.settings().passage_tokens
    assert len(blog.embedder.texts) > 30
    for text in blog.embedder.texts:
        assert len(blog.embedder.token_spans([text])[0]) + blog.embedder.special_tokens <= limit
        assert text.removeprefix("Post 7\n").strip()
