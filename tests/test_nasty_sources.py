"""Nasty sources, cases 28 to 37: who may be read, which copy counts, what files are.

docs/wordpress-cases.md lists them.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from nasty_blog import HEAD, TAIL, Blog, blog, entry, item
from wordpress_server import FakeSite, serving

from rag.errors import SourceError
from rag.index.index import Index
from ui.view import view

__all__ = ["blog"]

SECRET = "The key lies under the blue pot."
OPEN = "<p>Beds need sun.</p>"


def held(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


# ---------------------------------------------------------------- who may be read


@pytest.mark.parametrize("source", ["rest", "rest with the password", "export"])
def test_case_28_a_password(blog: Blog, source: str) -> None:
    text = "" if source == "rest" else f"<p>{SECRET}</p>"
    data: Any = [entry("", content={"rendered": text, "protected": True}), entry(OPEN, 8)]
    if source == "export":
        data = HEAD + item(text, password="pot") + item(OPEN, 8) + TAIL
    blog.sync(blog.save("public.json", [entry(f"<p>{SECRET}</p>"), entry(OPEN, 8)]))
    report = blog.sync(blog.save("closed", data))
    assert (report.removed, report.posts) == (1, 1)
    assert "behind a password" in report.skipped[0].reason
    assert SECRET.encode() not in held(blog.index)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("draft", "post"), ("private", "post"), ("future", "post"), ("trash", "post"),
        ("pending", "page"), ("auto-draft", "post"), ("inherit", "revision"),
        ("publish", "nav_menu_item"), ("publish", "wp_block"), ("publish", "shop_order"),
    ],
)  # fmt: skip
def test_case_29_what_is_not_public(blog: Blog, status: str, kind: str) -> None:
    html = f"<p>{SECRET}</p>"
    row = {
        "ID": "9", "post_title": "Row", "post_content": SECRET, "post_status": status,
        "post_type": kind, "guid": "https://garden.example/?p=9",
    }  # fmt: skip
    report = blog.sync(
        blog.save("any.json", [entry(html, 7, status=status, type=kind), entry(OPEN, 1)]),
        blog.save("all.xml", HEAD + item(html, 8, status=status, kind=kind) + TAIL),
        blog.save("table.json", [row]),
    )
    assert [post.id for post in blog.posts] == ["garden.example/1"]
    assert [one.post_id for one in report.skipped] == [f"garden.example/{n}" for n in (7, 8, 9)]
    assert SECRET.encode() not in held(blog.index)


@pytest.mark.parametrize("way", ["trashed", "deleted"])
def test_case_30_unpublished_later(blog: Blog, way: str) -> None:
    with serving(FakeSite()) as site:
        for number in (1, 2, 3):
            site.add(
                number, f"<p>Bed {number} is full of {'peas beans kale'.split()[number - 1]}.</p>"
            )
        blog.sync(site.base)
        before = blog.ask("Which bed is full of beans?")
        assert before.sentences[0].text == "Bed 2 is full of beans."
        gone = before.sentences[0].citations[0].post.id
        if way == "trashed":
            site.hidden.add(2)
        else:
            del site.posts[2]
        report = blog.sync(site.base)
        assert (report.removed, report.posts) == (1, 2)
        after = blog.ask("Which bed is full of beans?")
        assert gone not in {hit.passage.post.id for hit in after.hits}
        assert b"beans" not in held(blog.index)
        index = Index(blog.index)
        assert gone not in index.published(card.post for card in view(before).cards)
        cited = [card.post for card in view(after).cards]
        assert set(cited) == index.published(cited)
        index.close()


# ---------------------------------------------------------------- which post it is


def test_case_31_another_address(blog: Blog) -> None:
    with serving(FakeSite()) as site:
        site.add(7, OPEN)
        blog.sync(site.base)
        site.posts[7] |= {"slug": "new", "link": f"{site.base}/2024/03/new/"}
        report = blog.sync(site.base)
        assert (report.record_only, report.added, report.removed, report.embedded) == (1, 0, 0, 0)
        (citation,) = blog.ask("Do beds need sun?").sentences[0].citations
        assert citation.url.startswith(f"{site.base}/2024/03/new/#:~:text=")


def test_case_32_one_post_in_many_files(blog: Blog) -> None:
    old, new = "2024-03-01", "2024-05-01"
    report = blog.sync(
        blog.save("b.json", entry("<p>Newest.</p>", modified_gmt=f"{new}T12:00:01")),
        blog.save("a.json", [entry("<p>Old.</p>", modified_gmt=f"{old}T12:00:00")]),
        blog.save("c.xml", HEAD + item("Newer.", modified=f"{new} 12:00:00") + TAIL),
        blog.save(
            "d.json",
            entry("<p>Plain.</p>", link="https://www.garden.example/?p=7",
                  modified_gmt=f"{old}T12:00:00"),
        ),
    )  # fmt: skip
    assert [post.id for post in blog.posts] == ["garden.example/7"]
    assert [section.text for section in blog.sections()] == ["Newest."]
    assert (report.added, len(report.skipped)) == (1, 3)


def test_case_33_empty_content_and_titles(blog: Blog) -> None:
    def title(html: str, rendered: str, **changes: Any) -> str:
        blog.sync(blog.save("post.json", entry(html, title={"rendered": rendered}, **changes)))
        return blog.posts[0].title

    report = blog.sync(blog.save("post.json", entry("")))
    assert (report.posts, report.passages, report.empty) == (1, 0, ("garden.example/7",))
    html = "Beds with <em>em</em>, &amp; &lt;b&gt; &#8220;quotes&#8221;"
    assert title(OPEN, html) == "Beds with em, & <b> “quotes”"
    assert title(f"{OPEN}<h2>Sun &amp; soil</h2><p>x</p>", "") == "Sun & soil"
    assert title(OPEN, "", link="https://garden.example/2024/sunny-b%C3%A9ds/") == "sunny-béds"


@pytest.mark.parametrize(
    ("changes", "published"),
    [
        ({"date_gmt": "2024-03-01T12:00:00", "date": "2024-03-01T13:00:00"}, (1, 12, 0)),
        ({"date_gmt": None, "date": "2024-03-01T13:00:00+05:30"}, (1, 7, 30)),
        ({"date_gmt": "0000-00-00T00:00:00", "date": "2024-03-01T13:00:00"}, None),
        ({"date_gmt": None, "date": "0000-00-00 00:00:00"}, None),
    ],
)
def test_case_34_dates_of_files(
    blog: Blog, changes: dict[str, Any], published: tuple[int, int, int] | None
) -> None:
    report = blog.sync(blog.save("post.json", entry(OPEN, **changes)))
    (post,) = blog.posts
    assert post.published == (published and datetime(2024, 3, *published, tzinfo=UTC))
    said = "posts without a date whose time zone is known: 1, as garden.example/7"
    assert report.warnings == (() if published else (said,))


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ({"timezone_string": "Europe/Paris", "gmt_offset": 9}, (11, 10)),  # winter, summer
        ({"timezone_string": "", "gmt_offset": -3.5}, (15.5, 15.5)),
        ({}, None),
        ({"timezone_string": "Mars/Base"}, None),
    ],
)
def test_case_34_dates_of_a_site_that_says_only_its_own_time(
    blog: Blog, zone: dict[str, Any], hours: tuple[float, float] | None
) -> None:
    from wordpress_server import Asked, Response, json_response

    def root(asked: Asked) -> Response | None:
        said = {"home": site.base, "namespaces": ["wp/v2"], **zone}
        return json_response(said) if asked.path == "/wp-json/" else None

    with serving(FakeSite()) as site:
        for number, month in ((1, "01"), (2, "07")):
            site.add(number, date=f"2024-{month}-01T12:00:00", date_gmt=None)
        site.faults = [root]
        report = blog.sync(site.base)
        times = sorted((post.id[-1], post.published) for post in blog.posts)
        found = tuple(at and at.hour + at.minute / 60 for _, at in times)
        assert found == (hours or (None, None))
        assert bool(report.warnings) == (hours is None)
        # Known also at the next sync, which does not ask where the API is.
        site.edit(1, "<p>Edited.</p>")
        blog.sync(site.base)
        first = next(post for post in blog.posts if post.id.endswith("/1"))
        assert (first.published is None) == (hours is None)


# ---------------------------------------------------------------- what a file is


POSTS = [entry(f"<p>Bed {n} is für Zoë.</p>", n) for n in (1, 2)]
TEXT = json.dumps(POSTS, ensure_ascii=False)
WARNING = "<br />\n<b>Warning</b>:  Undefined array key [0] in {x}<br />\n"


@pytest.mark.parametrize(
    ("data", "cut"),
    [
        (b"\xef\xbb\xbf" + TEXT.encode(), ""),
        (TEXT.encode("utf-16"), ""),
        (TEXT.encode("utf-16-be"), ""),
        (TEXT.encode("latin-1"), ""),
        ((WARNING + TEXT).encode(), "Warning: Undefined array key [0] in {x}"),
        ((TEXT + "\n<!-- Page cached by Lab, 0.1 s -->").encode(), "Page cached by Lab, 0.1 s"),
        (("\n\n" + TEXT + "\n").encode(), ""),
    ],
    ids=["mark", "utf-16", "utf-16-be", "latin-1", "warning", "cache", "newlines"],
)
def test_case_35_what_stands_around_the_json(blog: Blog, data: bytes, cut: str) -> None:
    file = blog.save("posts.json", data)
    report = blog.sync(file)
    assert [blog.sections(n)[0].text for n in (1, 2)] == ["Bed 1 is für Zoë.", "Bed 2 is für Zoë."]
    assert report.warnings == ((f"{file}: around its JSON stood: {cut}",) if cut else ())


@pytest.mark.parametrize(
    ("before", "cut"),
    [
        ("\ufeff", ""), ("\n\n", ""), ("\ufeff\r\n", ""),
        (WARNING, "Warning: Undefined array key [0] in {x}"),
    ],
)  # fmt: skip
def test_case_35_what_stands_before_an_export(blog: Blog, before: str, cut: str) -> None:
    file = blog.save("posts.xml", before + HEAD + item(OPEN) + TAIL)
    report = blog.sync(file)
    assert report.warnings == ((f"{file}: before its XML stood: {cut}",) if cut else ())
    assert blog.sections()[0].text == "Beds need sun."


ROWS = [
    {"type": "header", "version": "5.2"},
    {"type": "table", "name": "wp_posts", "data": [
        {"ID": str(n), "post_title": f"Post {n}", "post_content": f"Bed {n} is für Zoë.",
         "post_status": "publish", "post_type": "post", "post_date_gmt": "2024-03-01 12:00:00",
         "guid": f"https://garden.example/?p={n}"} for n in (1, 2)]},
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("posts.json", TEXT),
        ("posts.jsonl", "\n".join(json.dumps(post) for post in POSTS)),
        ("no-ending", json.dumps({"posts": POSTS})),
        ("envelope.txt", json.dumps({"body": POSTS, "status": 200, "headers": {}})),
        ("jsonp.js", f"/**/wp.show({TEXT});"),
        ("index.html", TEXT),
        ("page.html", f"<html><body><pre>{TEXT.replace('<', '&lt;')}</pre></body></html>"),
        ("table.json", json.dumps(ROWS)),
        ("sorted.json", json.dumps(POSTS, sort_keys=True, indent=1)),
        ("pages.json", json.dumps([POSTS[:1], POSTS[1:]])),
        ("joined.json", json.dumps(POSTS[:1]) + json.dumps(POSTS[1:])),
        ("wrong.xml", TEXT),
    ],
)
def test_case_36_every_shape_whatever_its_name(blog: Blog, name: str, data: str) -> None:
    report = blog.sync(blog.save(name, data))
    assert [blog.sections(n)[0].text for n in (1, 2)] == ["Bed 1 is für Zoë.", "Bed 2 is für Zoë."]
    assert report.warnings == ()


def test_case_36_a_single_object(blog: Blog) -> None:
    blog.sync(blog.save("post", json.dumps(entry(OPEN))))
    assert blog.sections()[0].text == "Beds need sun."


def packed(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(TEXT.encode()),
        packed(("posts.json", TEXT.encode())),
        packed(("deep/inner.zip", packed(("posts.json", gzip.compress(TEXT.encode()))))),
        packed(("../../escape.json", TEXT.encode()), ("/etc/absolute.json", TEXT.encode())),
    ],
    ids=["gz", "zip", "nested", "paths"],
)
def test_case_37_packed(blog: Blog, data: bytes) -> None:
    before = {file for file in blog.folder.parent.rglob("*") if blog.index not in file.parents}
    file = blog.save("posts.bin", data)
    blog.sync(file)
    assert len(blog.posts) == 2
    now = {file for file in blog.folder.parent.rglob("*") if blog.index not in file.parents}
    assert now - before == {Path(file), blog.index}  # no path of the archive was written


def test_case_37_a_bomb(blog: Blog) -> None:
    bomb = packed(("posts.json", b"[" + b" " * 30_000_000 + b"]"))
    assert len(bomb) < 100_000
    with pytest.raises(SourceError):
        blog.sync(blog.save("bomb.zip", bomb))
    assert not blog.index.exists()
