"""All that a reader sees of a post is in exactly one section, or a rule says why not."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests_shared import SHARED, needs_shared
from typer.testing import CliRunner

from ingest.html.clutter import RULES, SILENT, UNSEEN
from ingest.html.coverage import NOTE_MARKS, TITLE, Kept, TextKept, coverage
from ingest.html.sections import sections
from ingest.posts.wordpress_post import ReadPost
from ingest.read import read_source
from ingest.sync import sync
from rag.settings import load_settings
from rag.types import Section
from ui.cli import app

_HIDDEN = (
    "<script>{}</script>", "<style>{}</style>", "<form>{}</form>", "<p hidden>{}</p>",
    '<span style="display:none">{}</span>', '<div class="sharedaddy">{}</div>',
    '<div id="toc_container"><ul><li>{}</li></ul></div>',
    '<ul class="wp-block-latest-posts">{}</ul>',
    "<!-- {} -->", '<img alt="{}" src="x">', "<noscript>{}</noscript>", "<template>{}</template>",
    '<a href="#{}">#</a>',
)  # fmt: skip
_INLINE = (
    " {} ",
    "<b> {}</b> ",
    " <em>{}</em> ",
    ' <a href="/x">{}</a> ',
    " <code>{}</code> ",
    " <q>{}</q> ",
)
_LEAVES = (
    "<p>{}</p>", "<h2>{}</h2>", "<h3 id='a'>{}</h3>", "<h4><span>{}</span></h4>", "<pre>{}</pre>",
    "<blockquote><p>{}</p></blockquote>", "<ul><li>{}</li></ul>", "<p><strong>{}</strong></p>",
    "<dl><dt>{}</dt></dl>", "<figure><figcaption>{}</figcaption></figure>", "<address>{}</address>",
    "<table><tr><td>{}</td></tr></table>", "<details><summary>{}</summary></details>", "{}",
    "{}<br>",
    "<!--nextpage-->{}", "<p>{}", "<div>{}", "<li>{}", "</div></p>{}",
    "<section id='s'>{}</section>",
)  # fmt: skip
_AROUND = (
    "{}", "<div>{}</div>", "<details>{}</details>", "<blockquote>{}</blockquote>",
    "<ul><li>{}</ul>",
    "<table><tr><td>{}</td><td>side</td></tr></table>", "<section>{}</section>", "<b>{}</b>",
    "<p>{}",
)  # fmt: skip


@st.composite
def pages(draw: st.DrawFn) -> tuple[str, list[str], list[str]]:
    """HTML in which every word stands once: the page, the words that show, those that do not."""
    shown: list[str] = []
    hidden: list[str] = []

    def words(into: list[str], mark: str) -> str:
        new = [f"{mark}{len(into) + n}" for n in range(draw(st.integers(1, 3)))]
        into += new
        return " ".join(new)

    def tree(depth: int) -> str:
        parts = []
        for _ in range(draw(st.integers(1, 4))):
            match draw(st.sampled_from(["leaf", "leaf", "leaf", "around", "hidden"])):
                case "hidden":
                    parts.append(draw(st.sampled_from(_HIDDEN)).format(words(hidden, "n")))
                case "around" if depth < 4:
                    parts.append(draw(st.sampled_from(_AROUND)).format(tree(depth + 1)))
                case _:
                    inline = draw(st.sampled_from(_INLINE)).format(words(shown, "w"))
                    parts.append(draw(st.sampled_from(_LEAVES)).format(inline))
        return draw(st.sampled_from(["", " ", "\n"])).join(parts)

    return tree(0), shown, hidden


def held(found: tuple[Section, ...]) -> Counter[str]:
    """In how many sections each word stands; a heading counts where it stands first."""
    named: set[tuple[str, ...]] = set()
    words: Counter[str] = Counter()
    for section in found:
        own = section.text.split()
        for depth in range(len(section.headings)):
            key = section.headings[: depth + 1]
            if key not in named:
                named.add(key)
                own += section.headings[depth].split()
        words.update(own)
    return words


@settings(max_examples=300, deadline=None)
@given(pages())
def test_every_word_that_shows_is_in_exactly_one_section(
    page: tuple[str, list[str], list[str]],
) -> None:
    html, shown, hidden = page
    found = sections(html)
    words = held(found)
    # Broken markup may put what shows inside what does not: the tree decides, not the template.
    seen = coverage(html, found)
    assert seen.lost == ()
    assert seen.repeated == 0
    assert all(words[word] <= 1 for word in shown)
    assert not [word for word in hidden if words[word]]


@settings(max_examples=200, deadline=None)
@given(pages())
def test_without_hidden_parts_no_word_is_lost(page: tuple[str, list[str], list[str]]) -> None:
    html, shown, hidden = page
    if hidden:
        return
    words = held(sections(html))
    assert [word for word in shown if words[word] != 1] == []


HTML = "<p>One two.</p><h2>Three</h2><p>Four five.</p><form>six</form><p hidden>seven</p>"


def test_what_is_in_no_section_is_named() -> None:
    found = sections(HTML)
    assert coverage(HTML, found).lost == ()
    assert coverage(HTML, found).words == 5
    lost = coverage(HTML, found[:1])
    assert sorted(lost.lost) == ["Four", "Three", "five."]
    shorter = replace(found[1], text="Four", blocks=())
    assert coverage(HTML, (found[0], shorter)).lost == ("five.",)


def test_what_is_in_two_sections_is_counted() -> None:
    found = sections(HTML)
    assert coverage(HTML, found).repeated == 0
    assert coverage(HTML, (*found, replace(found[0], key="9"))).repeated == 2


def test_each_rule_is_named_with_what_it_left_out() -> None:
    html = (
        f"<h1>Beds</h1>{HTML}<p>x<sup><a href='#n'>1</a></sup></p><div class='sharedaddy'>s</div>"
        "<div class='ez-toc-x'>c</div><div class='yarpp'>r</div><div class='adsbygoogle'>a</div>"
        "<span class='sr-only'>h</span><span class='accordion-icon'>+</span>"
    )
    found = coverage(html, sections(html, title="Beds"), title="Beds")
    assert found.lost == ()
    assert dict(found.left_out) == dict.fromkeys((*RULES, NOTE_MARKS, TITLE), 1)
    assert {SILENT, UNSEEN} <= set(RULES)


def test_a_sync_reports_the_text_of_what_is_new(tmp_path: Path) -> None:
    source = tmp_path / "posts.json"
    entry = {
        "id": 1, "date": "2024-03-01T13:00:00", "slug": "a", "status": "publish", "type": "post",
        "link": "https://a.example/a/", "title": {"rendered": ""},
        "content": {"rendered": HTML, "protected": False},
    }  # fmt: skip
    source.write_text(json.dumps(entry), encoding="utf-8")
    index = tmp_path / "index"
    settings_ = load_settings(index=index, embedding_model="hash")
    text = sync([str(source)], settings_).text
    assert text == TextKept(1, 5, left_out=((SILENT, 1), (UNSEEN, 1)))
    assert sync([str(source)], settings_).text == TextKept()
    arguments = ["ingest", str(source), "--index", str(tmp_path / "other")]
    said = CliRunner().invoke(app, [*arguments, "--dry-run"]).stdout
    assert "Text of 1 new or changed post: 5 words, all of them in a section." in said
    assert f"Left out: {SILENT} (1), {UNSEEN} (1)." in said


def test_a_post_that_loses_words_is_named() -> None:
    kept = Kept()
    kept.add("a.example/1", coverage(HTML, sections(HTML)))
    kept.add("a.example/2", coverage(HTML, sections(HTML)[:1]))
    total = kept.total()
    assert (total.words, total.lost, total.lost_from) == (10, 3, ("a.example/2",))


@needs_shared
@pytest.mark.parametrize(
    ("source", "posts"),
    [
        ("blog-18f.json.gz", 508),
        ("captures-6.8.12/posts-page[1-8].json", 152),
        ("captures-6.8.12/export-all.wxr.xml", 150),
    ],
)
def test_no_word_of_real_posts_is_lost(source: str, posts: int) -> None:
    # A cell over two rows stands in both; a picture's text names the heading that it is.
    meant = {"tables": 1, "empty-headings": 3}
    read = 0
    for found in read_source(str(SHARED / "wordpress" / source)):
        if not isinstance(found, ReadPost):
            continue
        raw = found.raw
        kept = coverage(raw.html, sections(raw.html, title=raw.post.title), title=raw.post.title)
        assert kept.lost == (), raw.post.url
        assert kept.repeated == meant.get(raw.post.url.rstrip("/").rpartition("/")[2], 0)
        read += 1
    assert read >= posts


def test_brackets_of_code_are_no_plugins() -> None:
    for html in ("<pre>--&gt;[a b='c']</pre>", "<pre><b>x[a b='c']</b></pre>"):
        (found,) = sections(html)
        assert "[a b='c']" in found.text
        assert coverage(html, (found,)).lost == ()
    html = "<table><tr><td><pre>x<b>[a b='c']</b></pre></td><td>y</td></tr></table>"
    assert sections(html)[0].text == "x[a b='c'] | y"
    assert coverage(html, sections(html)).lost == ()


@pytest.mark.parametrize(
    "html",
    [
        "<h2>Pay<button>?</button>now</h2><p>x</p>",
        "<table><tr><td>Pay<input>now</td></tr></table>",
        "<h1>[1]<input>--></h1>",
    ],
)
def test_a_control_parts_the_words_beside_it(html: str) -> None:
    found = sections(html)
    assert coverage(html, found).lost == ()
    (section,) = found
    assert "Paynow" not in f"{section.headings} {section.text}"
