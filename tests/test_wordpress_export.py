from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests_shared import SHARED, needs_shared

from ingest.html.sections import sections
from ingest.html.wpautop import wpautop
from ingest.posts.wordpress_post import ReadPost, Skipped
from ingest.read import read_source
from rag.errors import SourceError

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Garden</title><link>https://garden.example</link><language>en-GB</language>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>https://garden.example</wp:base_site_url>
<wp:base_blog_url>https://garden.example/blog</wp:base_blog_url>
<wp:author><wp:author_id>1</wp:author_id><wp:author_login><![CDATA[ines]]></wp:author_login>
<wp:author_display_name><![CDATA[Ines Moreau]]></wp:author_display_name></wp:author>
"""
TAIL = "</channel></rss>"


def item(number: int, body: str, *, status: str = "publish", kind: str = "post", password: str = "",
         more: str = "") -> str:  # fmt: skip
    return f"""<item><title><![CDATA[Post {number} &amp; more]]></title>
<link>https://garden.example/blog/post-{number}/</link><dc:creator><![CDATA[ines]]></dc:creator>
<content:encoded><![CDATA[{body}]]></content:encoded>
<excerpt:encoded><![CDATA[not this]]></excerpt:encoded><wp:post_id>{number}</wp:post_id>
<wp:post_date_gmt><![CDATA[2024-03-01 12:00:00]]></wp:post_date_gmt>
<wp:post_modified_gmt><![CDATA[2024-03-02 12:00:00]]></wp:post_modified_gmt>
<wp:status><![CDATA[{status}]]></wp:status><wp:post_type><![CDATA[{kind}]]></wp:post_type>
<wp:post_password><![CDATA[{password}]]></wp:post_password>
<category domain="category" nicename="soil"><![CDATA[Soil]]></category>
<category domain="post_tag" nicename="spring"><![CDATA[spring]]></category>{more}</item>"""


def read(xml: str | bytes, folder: Path) -> list[ReadPost | Skipped]:
    file = folder / "export.xml"
    file.write_bytes(xml if isinstance(xml, bytes) else xml.encode())
    return list(read_source(str(file)))


def test_a_post_of_an_export_file(tmp_path: Path) -> None:
    (found,) = read(HEAD + item(7, "One line\nnext line\n\nSecond.") + TAIL, tmp_path)
    assert isinstance(found, ReadPost)
    post = found.raw.post
    assert (post.id, post.title) == ("garden.example/blog/7", "Post 7 & more")
    assert post.published == datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert (post.authors, post.categories, post.tags) == (("Ines Moreau",), ("Soil",), ("spring",))
    assert post.language == "en-GB"
    (section,) = sections(found.raw.html)
    assert section.text == "One line\nnext line\nSecond."
    assert len(section.blocks) == 2


def test_only_public_posts_and_pages_come_in(tmp_path: Path) -> None:
    xml = HEAD + "".join(
        [
            item(1, "a", kind="page"), item(2, "b", status="draft"), item(3, "c", status="private"),
            item(4, "d", password="x"), item(5, "e", kind="attachment", status="inherit"),
            item(6, "f", kind="nav_menu_item"), item(7, "g", status="trash"),
        ]
    ) + TAIL  # fmt: skip
    found = read(xml, tmp_path)
    assert [f.raw.wordpress_id for f in found if isinstance(f, ReadPost)] == [1]
    kept_out = [f.post_id for f in found if isinstance(f, Skipped)]
    assert kept_out == [f"garden.example/blog/{n}" for n in range(2, 8)]


def test_notes_that_are_kept_beside_the_text(tmp_path: Path) -> None:
    note = '[{"id":"n1","content":"The <em>source<\\/em>."}]'
    more = (
        "<wp:postmeta><wp:meta_key>footnotes</wp:meta_key>"
        f"<wp:meta_value><![CDATA[{note}]]></wp:meta_value></wp:postmeta>"
    )
    (found,) = read(HEAD + item(7, "<!-- wp:paragraph --><p>A.</p>", more=more) + TAIL, tmp_path)
    assert isinstance(found, ReadPost)
    assert sections(found.raw.html)[0].text == "A.\nThe source."


def test_bytes_that_xml_forbids_cost_no_words(tmp_path: Path) -> None:
    xml = HEAD + item(7, "before \x0b\x02 after") + TAIL
    (found,) = read(xml, tmp_path)
    assert isinstance(found, ReadPost)
    assert sections(found.raw.html)[0].text == "before after"


def test_a_file_that_breaks_off_gives_what_is_whole(tmp_path: Path) -> None:
    found = read(HEAD + item(1, "a") + item(2, "b") + item(3, "c")[:200], tmp_path)
    assert [f.raw.wordpress_id for f in found if isinstance(f, ReadPost)] == [1, 2]
    assert isinstance(found[-1], Skipped)
    assert "breaks off at line" in found[-1].reason
    assert found[-1].post_id is None


def test_entities_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    bomb = HEAD.replace(
        "<rss",
        f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY y "{"z" * 50}">]>\n<rss',
        1,
    )
    xml = bomb + item(1, "a").replace("Post 1 &amp; more]]>", "T]]>&x;&y;") + TAIL
    try:
        found = read(xml, tmp_path)
    except SourceError:
        return
    assert "the secret" not in repr(found)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\n\nb", "<p>a</p>\n<p>b</p>"),
        ("a\nb", "<p>a<br>\nb</p>"),
        ("<h2>A</h2>\nb", "<h2>A</h2>\n<p>b</p>"),
        ("<pre>x\n\ny</pre>", "<pre>x\n\ny</pre>"),
        ("a<!--nextpage-->b", "<p>a</p>\n<!--nextpage-->\n<p>b</p>"),
        ("<p>a</p>", "<p>a</p>"),
        ("<ul>\n<li>a</li>\n</ul>", "<ul>\n<li>a</li>\n</ul>"),
        ("", ""),
    ],
)
def test_the_older_editor_s_paragraphs(text: str, html: str) -> None:
    assert wpautop(text) == html


def pattern(number: int, body: str, **more: str) -> str:
    return item(number, body, kind="wp_block", **more)


def ref(number: int, more: str = "") -> str:
    return f'<!-- wp:block {{"ref":{number}{more}}} /-->'


def texts(xml: str, folder: Path) -> dict[str, str]:
    """What the sections of each post say, by its id."""
    return {
        found.raw.post.id.rpartition("/")[2]: " / ".join(s.text for s in sections(found.raw.html))
        for found in read(HEAD + xml + TAIL, folder)
        if isinstance(found, ReadPost)
    }


OWN = "<!-- wp:paragraph --><p>Own.</p><!-- /wp:paragraph -->"


def test_a_synced_pattern_is_read_where_it_is_shown_wherever_it_stands(tmp_path: Path) -> None:
    found = texts(
        pattern(1, "<p>Before.</p>")
        + item(2, f"{OWN}{ref(1)}{ref(4)}")
        + item(3, OWN)
        + pattern(4, f"<p>Behind.</p>{ref(1)}"),
        tmp_path,
    )
    assert found == {"2": "Own.\nBefore.\nBehind.\nBefore.", "3": "Own."}


def test_a_synced_pattern_that_is_not_in_the_file_is_told(tmp_path: Path) -> None:
    xml = item(2, f"{OWN}{ref(8)}") + item(3, f"{OWN}{ref(9)}") + item(4, OWN)
    found = [one for one in read(HEAD + xml + TAIL, tmp_path) if isinstance(one, ReadPost)]
    assert {one.raw.wordpress_id for one in found} == {2, 3, 4}
    (warning,) = (warning for one in found for warning in one.warnings)
    assert "2, as https://garden.example/blog/post-2/" in warning
    # So it is where the file breaks off before the pattern.
    cut = read(HEAD + xml + "<item>", tmp_path)
    assert sum(isinstance(one, ReadPost) for one in cut) == 3


def test_a_synced_pattern_that_is_not_public_or_was_changed_in_the_post_is_not_read(
    tmp_path: Path,
) -> None:
    xml = (
        pattern(1, "<p>Secret.</p>", status="draft")
        + pattern(2, "<p>Secret.</p>", password="x")
        + pattern(3, "<p>Others.</p>")
        + item(4, OWN + ref(1) + ref(2) + ref(3, ',"content":{"Title":{"content":"Mine"}}'))
    )
    assert texts(xml, tmp_path) == {"4": "Own."}


def test_synced_patterns_that_show_themselves_or_each_other_many_times_end(tmp_path: Path) -> None:
    around = pattern(1, f"<p>One.</p>{ref(2)}") + pattern(2, f"<p>Two.</p>{ref(1)}")
    assert texts(around + item(3, ref(1)), tmp_path) == {"3": "One.\nTwo."}
    deep = "".join(pattern(n, f"<p>{'x' * 900}</p>" + ref(n + 1) * 50) for n in range(1, 9))
    assert len(texts(deep + item(9, ref(1)), tmp_path)["9"]) < 6_000_000


@needs_shared
def test_an_export_and_the_rest_api_say_the_same_words() -> None:
    folder = SHARED / "wordpress/captures-6.8.12"

    def words(source: str) -> dict[str, list[str]]:
        return {
            found.raw.post.id: [
                word
                for section in sections(found.raw.html)
                for word in (*section.headings, section.anchor, *re.findall(r"\w+", section.text))
                if word
            ]
            for found in read_source(str(folder / source))
            if isinstance(found, ReadPost)
        }

    rest, export = words("posts-page[1-8].json"), words("export-all.wxr.xml")
    assert [id_ for id_ in rest if rest[id_] != export[id_]] == []


@needs_shared
def test_an_export_and_the_rest_api_know_the_same_posts() -> None:
    folder = SHARED / "wordpress/captures-6.8.12"

    def ids(*names: str) -> set[str]:
        found = [f for name in names for f in read_source(str(folder / name))]
        return {f.raw.post.id for f in found if isinstance(f, ReadPost)}

    rest = ids(*(f"posts-page{n}.json" for n in range(1, 9)), "pages.json")
    assert ids("export-all.wxr.xml") == rest
    assert len(rest) == 154


def test_a_prefix_that_is_declared_nowhere_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "export.xml"
    file.write_text(
        '<?xml version="1.0"?><rss xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
        "<wp:wxr_version>1.2</wp:wxr_version><x:y/><item><title>Beds</title><x:z/><!-- -->"
        "<wp:post_id>7</wp:post_id></item></channel></rss>",
        encoding="utf-8",
    )
    found, broken = read_source(str(file))
    assert isinstance(found, ReadPost)
    assert (found.raw.wordpress_id, found.raw.post.title) == (7, "Beds")
    assert isinstance(broken, Skipped)
