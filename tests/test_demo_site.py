from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from ingest.html.sections import sections
from ingest.posts.wordpress_post import ReadPost
from ingest.read import read_source
from rag.links import deep_link
from rag.text.sentences import split_sentences
from ui.commands.demo_site import BASE, demo_pages

CONTENT = (
    '<p>First words.</p><h2 id="süd-ost">A heading</h2><p>Under the <b>heading</b>.</p>'
    "<!--nextpage--><p>On the second page.</p>"
)


def wordpress(number: int, title: str, link: str, content: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "link": link, "title": {"rendered": title}, "type": "post",
        "content": {"rendered": content, "protected": False}, "status": "publish",
        "date_gmt": "2024-05-06T07:08:09", "slug": "a", **more,
    }  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> str:
    posts = [
        wordpress(1, "Tom &amp; &lt;i&gt;", "https://a.example/2024/gr%C3%BC%C3%9Fe/", CONTENT),
        wordpress(2, "Second", "https://a.example/second/", "<p>Only this.</p>"),
        wordpress(3, "Secret", "https://a.example/secret/", "<p>Hidden.</p>", status="draft"),
    ]
    file = tmp_path / "posts.json"
    file.write_text(json.dumps(posts), encoding="utf-8")
    return str(file)


def test_every_public_post_has_its_pages_and_stands_in_the_list(source: str) -> None:
    pages = demo_pages(source)
    assert set(pages) == {
        f"{BASE}/", f"{BASE}/2024/grüße/", f"{BASE}/2024/grüße/2/", f"{BASE}/second/",
    }  # fmt: skip
    listed = LexborHTMLParser(pages[f"{BASE}/"]).css("li a")
    assert [link.attributes["href"] for link in listed] == [
        f"{BASE}/2024/grüße/",
        f"{BASE}/second/",
    ]


def test_a_page_keeps_the_ids_and_escapes_the_title(source: str) -> None:
    page = LexborHTMLParser(demo_pages(source)[f"{BASE}/2024/grüße/"])
    assert [node.text() for node in page.css("h1")] == ["Tom & <i>"]
    assert not page.css("h1 i")
    assert [node.attributes["id"] for node in page.css("h2")] == ["süd-ost"]
    assert "On the second page." not in (page.body.text() if page.body else "")


@pytest.mark.parametrize("bundled", [False, True])
def test_every_link_of_an_answer_leads_to_its_words(source: str, bundled: bool) -> None:
    file = str(files("ingest.sample") / "posts.json") if bundled else source
    if not Path(file).is_file():
        pytest.skip("the sample is not written yet")
    pages = demo_pages(file)
    seen = 0
    for found in read_source(file):
        if not isinstance(found, ReadPost):
            continue
        post = found.raw.post
        for section in sections(found.raw.html, title=post.title):
            for sentence in split_sentences(section.text, section.blocks):
                link = deep_link(post, section, sentence, base=f"http://127.0.0.1:1{BASE}")
                parts = urlsplit(link)
                page = LexborHTMLParser(pages[unquote(parts.path)])
                words = " ".join(page.body.text().split()) if page.body else ""
                assert " ".join(sentence.text.split()).split(" | ")[0] in words
                anchor = unquote(parts.fragment.partition(":~:")[0])
                assert not anchor or page.css_first(f'[id="{anchor}"]') is not None
                seen += 1
    assert seen > 3
