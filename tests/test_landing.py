"""Links that land: clicked in a real Chromium, on pages as themes make them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import BrowserContext
from tests_shared import SHARED, needs_shared

from bench.bench_landing import measure, read_posts, saved_pages
from bench.landing import Landing, chromium, follow, serving
from ingest.html.sections import sections
from rag.links import deep_link
from rag.types import ParsedPost, Post

_REQUIRED = os.environ.get("PULLQUOTE_REQUIRE_BROWSER") == "1"  # noqa: TID251 - a test's own
FILLER = "<p>It rained, and nobody came to the allotment, which was just as well.</p>"
AFTER = "<p>Then the sun came out, and nobody had a bed to dig.</p>"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not shutil.which("chromium") and not _REQUIRED,
        reason="there is no chromium on the search path",
    ),
]


def page(title: str, content: str) -> str:
    """A page as a theme makes it: menus and other posts around the text."""
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>.menu {{ position: sticky; top: 0 }}</style></head><body><header class="menu"><nav>
<a href="/">Home</a> <a href="#content">Skip to content</a></nav></header>
<main id="content"><h1>{title}</h1><div class="entry-content">{content}</div>
<nav>Before: <a href="/o/">Other beds</a></nav><section><h2>Leave a comment</h2></section></main>
<footer><p>Beds and borders, since 1999.</p></footer></body></html>"""


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with chromium() as context:
        yield context


def landings(context: BrowserContext, content: str, *, most: int | None = None) -> list[Landing]:
    """Where all links into a post land, whose pages a theme shows part by part."""
    post = Post(id="a.example/1", title="Beds", url="https://a.example/2024/gr%C3%BC%C3%9Fe/")
    parts = content.split("<!--nextpage-->")
    pages = {
        f"/2024/grüße/{f'{n}/' if n > 1 else ''}": page("Beds", part)
        for n, part in enumerate(parts, 1)
    }
    parsed = ParsedPost(post, sections(content, title=post.title))
    with serving(pages) as address:
        return follow(context, parsed, address, most=most)


def missed(found: list[Landing]) -> list[tuple[str, str, str]]:
    assert found
    return [
        (one.where, one.words, unquote(urlsplit(one.link).fragment))
        for one in found
        if not one.right
    ]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            f'{FILLER}<h2 id="soil">Soil</h2><p>Clay holds water.</p>'
            '<h2><span id="S%D0%B0nd"></span>Sand</h2><p>Sand does not. It is light.</p>'
            f'<p id="wind"></p><h3>Wind</h3><p>Wind dries beds.</p>{AFTER}',
            id="ids and words",
        ),
        pytest.param(
            f"{FILLER}<h2 id='a'>A</h2><p>On the first page.</p><!--nextpage--><h2 id='b'>B</h2>"
            f"<p>On the second page.</p>{AFTER}<!--nextpage--><p>On the third page.</p>",
            id="pages",
        ),
        pytest.param(
            f"{FILLER}<p>Dig <b>deep</b>, <em>very</em> de<i>ep</i>, with a "
            f'<a href="/x">spa<strong>de</strong></a> &amp; so&shy;me “care” – or don’t.</p>',
            id="inline tags",
        ),
        pytest.param(
            f"{FILLER}<p>A claim<sup data-fn='n1'><a id='l1' href='#n1'>1</a></sup> and another"
            "<sup data-fn='n2'><a id='l2' href='#n2'>2</a></sup>. It stands.</p><p>Wool<sup>"
            "<a href='#n3'>3</a></sup> keeps slugs out of every bed.</p>"
            "<ol class='wp-block-footnotes'><li id='n1'>First note. <a href='#l1'>↩</a></li>"
            "<li id='n2'>Second note, see there. <a href='#l2'>↩</a></li>"
            "<li id='n3'>Third.</li></ol>",
            id="footnotes",
        ),
        pytest.param(
            f"{FILLER}<p>Two &nbsp;spaces&nbsp;stand here.&nbsp; Then more.</p><p>A bed</p>",
            id="hard spaces",
        ),
        pytest.param(
            f"{FILLER}<p>Beds</p><p>[gone id='1']Wool mulch[/gone] helps. And so does <img "
            'class="emoji" alt="🌱" src="/x.png"> seed.</p><ul class="wp-block-latest-posts"><li>'
            "Other</li></ul><p>Copper tape</p>",
            id="what plugins leave",
        ),
        pytest.param(
            "<table><tr><th>Plan</th><th>Price</th></tr><tr><td>Basic</td><td>€5<br>a month</td>"
            '</tr><tr><td rowspan="2">Pro</td><td>€9</td></tr><tr><td>€90 a year</td></tr>'
            f"<tr><td><p>One</p><p>Two</p></td><td>€1</td></tr></table>{FILLER}",
            id="tables",
        ),
        pytest.param(
            f"{FILLER}<h2>吊り橋</h2><p>雨が降った。傘を買った。</p><h2 id='тест'>Дождь</h2>"
            "<p>Шёл дождь. Мы ждали.</p><p>ذهب الولد إلى المدرسة. عاد إلى البيت.</p>"
            "<p>यह पहला वाक्य है। यह दूसरा वाक्य है।</p><p>비가 왔다. 우산을 샀다.</p>"
            "<p>ฝนตก เราอยู่บ้าน</p>",
            id="other scripts",
        ),
        pytest.param(
            f"{FILLER}<h2>Costs</h2><p>Yes.</p><h2>Again</h2><p>Yes. It snowed all day. It snowed "
            "all day.</p><p>Home</p><p>It snowed all day.</p>",
            id="the same words again",
        ),
        pytest.param(
            f"{FILLER}<details><summary>More of it</summary><p>Folded words.</p></details>"
            "<pre>x = [1,  2]\n\n  y = x - 1\n</pre><p>first item<br>second item</p>",
            id="folded, code, line breaks",
        ),
        pytest.param(
            f"<p>{' '.join(f'word{n}' for n in range(80))}.</p>{FILLER}", id="a long sentence"
        ),
    ],
)
def test_every_link_into_a_post_lands(context: BrowserContext, content: str) -> None:
    assert missed(landings(context, content)) == []


@pytest.mark.slow
def test_a_long_post_lands_from_its_first_section_to_its_last(context: BrowserContext) -> None:
    content = "".join(
        f"<h2 id='part-{n}'>Part {n}</h2><p>Bed {n} has its own soil.</p>{FILLER * 5}"
        for n in range(24)
    )
    found = landings(context, content, most=1)
    assert len(found) == 48
    assert missed(found) == []


def test_words_that_are_gone_lead_to_their_section(context: BrowserContext) -> None:
    found = sections(f'{FILLER}<h2 id="soil">Soil</h2><p>Words as they were.</p>{FILLER}')
    post = Post(id="a.example/1", title="Beds", url="https://a.example/beds/")
    now = page("Beds", f'{FILLER}<h2 id="soil">Soil</h2><p>Other ones.</p>{FILLER}')
    with serving({"/beds/": now}) as address:
        landed = follow(context, ParsedPost(post, found[1:]), address, most=1)
    assert [one.where for one in landed] == ["section", "section"]


def test_a_mark_on_other_words_is_no_landing(context: BrowserContext) -> None:
    (section,) = sections("<p>Slugs eat lettuce at night.</p><p>Snails sleep.</p>")
    post = Post(id="a.example/1", title="Beds", url="https://a.example/beds/")
    # The words stand in the menu before they stand in the post.
    around = page("Slugs eat lettuce at night.", "<p>Slugs eat lettuce at night.</p>")
    with serving({"/beds/": around}) as address:
        landed = follow(context, ParsedPost(post, (section,)), address)
    assert [(one.where, one.right) for one in landed] == [("elsewhere", False), ("page", False)]


@pytest.mark.slow
@needs_shared
def test_every_link_lands_in_the_pages_of_a_real_theme(context: BrowserContext) -> None:
    folder = SHARED / "wordpress/captures-6.8.12"
    posts = read_posts(str(folder / "posts-page[1-8].json"))
    pages = saved_pages(folder)
    measured = measure(context, posts, pages)
    assert missed(list(measured.landings)) == []
    # Each post with a saved page, and each of its sections on one, has a sentence that landed.
    named = [parsed for parsed in posts if unquote(urlsplit(parsed.post.url).path) in pages]
    assert measured.posts == len(named) >= 7
    landed = {urlsplit(one.link)._replace(fragment="").path for one in measured.landings}
    assert {urlsplit(p.post.url).path for p in named} <= landed
    assert sum(not one.worded for one in measured.landings) == sum(
        1
        for parsed in named
        for one in parsed.sections
        if one.anchor and unquote(urlsplit(deep_link(replace(parsed.post), one)).path) in pages
    )
