"""Nasty posts, cases 15 to 27: text and its surroundings. docs/wordpress-cases.md lists them."""

from __future__ import annotations

import pytest
from nasty_blog import Blog, blog
from small_site import section as made

from rag.types import Sentence
from ui.copied import markdown
from ui.show import print_answer

__all__ = ["blog"]


def test_case_15_entities_are_decoded_once(blog: Blog) -> None:
    assert (
        blog.text("<p>&#8217; &amp;#8217; &unknown; &amp;amp;</p>") == "’ &#8217; &unknown; &amp;"
    )
    title = {"rendered": "Beds &amp;amp; &#8220;borders&#8221;"}
    blog.read("<p>x</p>", title=title)
    assert blog.posts[0].title == "Beds &amp; “borders”"


def test_case_16_invisible_characters(blog: Blog) -> None:
    html = (
        "<p>Ten&nbsp;beds of straw\u00adber\u00adries\u200b in\ufeff the cafe\u0301 "
        "\u200fgarden.</p>"
        "<p>👩\u200d🌾 digs.</p>"
    )
    assert blog.text(html) == "Ten beds of strawberries in the café garden.\n👩\u200d🌾 digs."
    assert "\u00ad" not in blog.embedder.texts[0]
    # Found however the question is typed, and the link has the words that a browser looks for.
    sentence = blog.ask("cafe\u0301 garden strawberries").sentences[0]
    assert sentence.text == "Ten beds of strawberries in the café garden."
    assert "straw%C2%AD" not in sentence.citations[0].url
    assert (
        ":~:text=Ten%20beds%20of%20strawberries%20in%20the%20caf%C3%A9" in sentence.citations[0].url
    )


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("[vc_row][vc_column width=&#8221;1/2&#8243;]Inside[/vc_column][/vc_row]", "Inside"),
        ("[outer][inner]Kept[/inner] too[/outer]", "Kept too"),
        ("[contact-form-7 id=&#8221;12&#8243; title=&#8221;x&#8221;] Write", "Write"),
        ("array[0], [1], [sic] and list[i]", "array[0], [1], [sic] and list[i]"),
    ],
)
def test_case_17_shortcodes(blog: Blog, html: str, text: str) -> None:
    assert blog.text(f"<p>{html}</p>") == text


def test_case_18_a_number_in_brackets_is_not_the_bot_s(
    blog: Blog, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "Lead harms the soil of beds [1] and their lettuces [^2]."
    blog.read(f"<p>{said}</p>")
    answer = blog.ask("What harms the soil of beds?")
    assert answer.sentences[0].text == said
    print_answer(answer)
    assert capsys.readouterr().out.startswith(f"“{said}” [1] · Quoted")
    # In what is taken along, only the bot's own number is a footnote.
    shown = markdown(answer)
    assert "\\[1\\]" in shown
    assert "\\[\\^2\\]" in shown
    assert shown.count("[^1]") == 2


def test_case_18_a_chat_model_is_shown_no_number_of_a_post() -> None:
    from small_site import post

    from rag.chat.prompts import answer_messages
    from rag.types import Pointer, Query

    here = made("0", (), "Lead harms soil [1].")
    pointer = Pointer(post(1, "Lead [2]", here).post, here, Sentence(here.text, 0))
    (_, (_, user)) = answer_messages(Query("Why?", "Why?", ("Why?",)), [(7, pointer)])
    assert "[7] Lead harms soil (1)." in user
    assert "[1]" not in user
    assert "[2]" not in user


def test_case_19_what_has_no_text(blog: Blog) -> None:
    html = (
        "<p>Before.</p><script>track()</script><style>p{}</style><svg><text>axis</text></svg>"
        "<template><p>tpl</p></template><form><label>Mail</label><button>Go</button></form>"
        '<iframe src="https://video.example/1" title="Film">fallback</iframe>'
        "<video><track>no</video><!-- a comment --><p>Behind.</p>"
    )
    assert blog.text(html) == "Before.\nBehind."


def test_case_20_lazy_images(blog: Blog) -> None:
    html = (
        '<figure><img src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP" data-src="beds.jpg" '
        'alt="Beds in rain"><noscript><img src="beds.jpg" alt="Beds in rain"></noscript>'
        "<figcaption>Our beds</figcaption></figure><p>Wet.</p>"
        '<p><img class="emoji" alt="🌱" src="data:image/svg+xml;base64,PHN2Zz4="> grows</p>'
    )
    found = blog.read(html)
    assert found[0].text == "Our beds\nWet.\n🌱 grows"
    assert "base64" not in " ".join(blog.embedder.texts)
    assert "noscript" not in " ".join(blog.embedder.texts)


TOC = '<h2>Table of contents</h2><ul><li><a href="#beds">Beds</a></li></ul>'


@pytest.mark.parametrize(
    "box",
    [
        f'<div id="ez-toc-container" class="ez-toc-v2">{TOC}</div>',
        f'<div class="lwptoc lwptoc-autoWidth"><div class="lwptoc_i">{TOC}</div></div>',
        f'<div class="wp-block-yoast-seo-table-of-contents yoast-table-of-contents">{TOC}</div>',
        f'<div class="wp-block-rank-math-toc-block" id="rank-math-toc">{TOC}</div>',
    ],
    ids=["easy", "luckywp", "yoast", "rank-math"],
)
def test_case_21_a_table_of_contents(blog: Blog, box: str) -> None:
    found = blog.read(f'<p>Intro.</p>{box}<h2 id="beds">Beds</h2><p>Sun.</p>')
    assert [(one.headings, one.anchor, one.text) for one in found] == [
        ((), None, "Intro."),
        (("Beds",), "beds", "Sun."),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "jp-relatedposts", "yarpp yarpp-related", "sharedaddy sd-sharing-enabled", "related-posts",
        "addtoany_share_save_container", "wp-block-latest-posts", "adsbygoogle", "heateor_sss",
    ],
)  # fmt: skip
def test_case_22_related_posts_shares_and_ads(blog: Blog, name: str) -> None:
    html = f'<p>Kept.</p><div class="{name}"><h3>More</h3><p>Buy</p></div><p>Related: kept too.</p>'
    assert blog.text(html) == "Kept.\nRelated: kept too."


def test_case_23_tables(blog: Blog) -> None:
    rows = "".join(f"<tr><td>Plan {n}</td><td>€{n}<br>a month</td></tr>" for n in range(60))
    (found,) = blog.read(
        '<figure class="wp-block-table"><table><thead><tr><th>Plan</th><th>Price</th></tr></thead>'
        f'<tbody>{rows}<tr><td colspan="2">Ask us for more</td></tr></tbody></table>'
        "<figcaption>Prices in 2024</figcaption></figure>"
    )
    assert found.text.startswith("Plan 0 | €0 a month\nPlan 1 | €1 a month\n")
    assert found.text.endswith("Plan 59 | €59 a month\nAsk us for more\nPrices in 2024")
    assert len(blog.embedder.texts) > 1
    for text in blog.embedder.texts:  # the header is repeated in every part
        assert text.startswith("Post 7\nPlan | Price\n")


def test_case_24_code(blog: Blog) -> None:
    code = "# not a heading\n<h2>[x] -- y</h2>\n[gallery id=\"1\"]\nprint('[1]')"
    escaped = code.replace("<", "&lt;").replace(">", "&gt;")
    long = "\n".join(f"line_{n} = {n}" for n in range(12))
    html = f"<p>Do:</p><pre><code>{escaped}</code></pre>" + f"<p>{'Filler words. ' * 90}</p>" \
        f"<pre>{long}</pre>"  # fmt: skip
    (found,) = blog.read(html)
    assert code in found.text
    assert [block.kind for block in found.blocks] == ["paragraph", "code", "paragraph", "code"]
    for whole in (code, long):
        assert [whole in text for text in blog.embedder.texts].count(True) == 1


def test_case_25_footnotes(blog: Blog) -> None:
    (found,) = blog.read(
        '<p>One bed.<sup data-fn="n1" class="fn"><a id="n1-link" href="#n1">1</a></sup> And another'
        '<sup data-fn="n2" class="fn"><a id="n2-link" href="#n2">2</a></sup>.</p><p>Last.</p>'
        '<ol class="wp-block-footnotes"><li id="n1">The parish map. <a href="#n1-link">↩︎</a></li>'
        '<li id="n2">Dug in 1998. <a href="#n2-link">↩︎</a></li></ol>'
    )
    assert found.text == "One bed. And another.\nThe parish map.\nDug in 1998.\nLast."


def test_case_26_broken_markup(blog: Blog) -> None:
    assert [one.headings for one in blog.read("<h3>A</h2><p>a</p><h2>B</h3><p>b</p>")] == [
        ("A",), ("B",),
    ]  # fmt: skip
    endless = "never closed and so it goes on " * 10
    (found,) = blog.read(f"<h2>{endless}<p>Text.</p>")
    assert found.headings == ()
    assert found.text == f"{endless.strip()}\nText."


def test_case_27_pages_of_a_post(blog: Blog) -> None:
    html = (
        '<h2 id="a">A</h2><p>On page one.</p><!--nextpage--><p>Still about A.</p>'
        '<h2 id="b">B</h2><p>About bees on page two.</p>'
    )
    blog.read(html)
    assert [one.page for one in blog.sections()] == [1, 2, 2]
    url = blog.nearest("About bees on page two.")["2"].url
    assert url.startswith("https://garden.example/post-7/2/#b:~:text=About%20bees")
    blog.read(html, link="https://garden.example/?p=7")
    url = blog.nearest("About bees on page two.")["2"].url
    assert url.startswith("https://garden.example/?p=7&page=2#b:~:text=About%20bees")
