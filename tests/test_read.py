from __future__ import annotations

import contextlib
import gzip
import io
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests_shared import SHARED, needs_shared

from ingest.html.letters import decode
from ingest.html.sections import sections
from ingest.posts.wordpress_post import RawPost, ReadPost, Skipped
from ingest.read import read_source
from rag.errors import SourceError


def entry(number: int = 7, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": number,
        "date": "2024-03-01T13:00:00",
        "date_gmt": "2024-03-01T12:00:00",
        "guid": {"rendered": f"https://www.garden.example/blog/?p={number}"},
        "modified_gmt": "2024-04-01T12:00:00",
        "slug": f"post-{number}",
        "status": "publish",
        "type": "post",
        "link": f"https://www.garden.example/blog/post-{number}/",
        "title": {"rendered": "Beds &amp; <em>borders</em>"},
        "content": {"rendered": "<h2>Soil</h2>\n<p>Dig it.</p>\n", "protected": False},
    }
    return {**made, **changes}


def read(data: bytes | str | object, folder: Path, name: str = "posts.json") -> list[Any]:
    file = folder / name
    if not isinstance(data, bytes | str):
        data = json.dumps(data)
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return list(read_source(str(file)))


def one(data: bytes | str | object, folder: Path) -> RawPost:
    (found,) = read(data, folder)
    assert isinstance(found, ReadPost)
    return found.raw


def test_a_post_of_the_rest_api(tmp_path: Path) -> None:
    raw = one(entry(), tmp_path)
    assert raw.post.id == "garden.example/blog/7"
    assert raw.post.title == "Beds & borders"
    assert raw.post.url == "https://www.garden.example/blog/post-7/"
    assert raw.post.published == datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert raw.post.modified == datetime(2024, 4, 1, 12, tzinfo=UTC)
    assert raw.post.damage is None
    assert raw.html == "<h2>Soil</h2>\n<p>Dig it.</p>\n"


def test_people_and_terms_come_by_name(tmp_path: Path) -> None:
    embedded = {
        "author": [{"name": "Ines Moreau"}, {"code": "rest_user_invalid_id"}],
        "wp:term": [
            [{"taxonomy": "category", "name": "Soil &amp; seed"}],
            [{"taxonomy": "post_tag", "name": "spring"}],
        ],
    }
    post = one(entry(_embedded=embedded, categories=[3], tags=[4], lang="pt_BR"), tmp_path).post
    assert (post.authors, post.categories, post.tags) == (
        ("Ines Moreau",),
        ("Soil & seed",),
        ("spring",),
    )
    assert post.language == "pt-BR"
    assert one(entry(categories=[3], tags=[4]), tmp_path).post.categories == ()


@pytest.mark.parametrize(
    "data",
    [
        json.dumps([entry(1), entry(2)]),
        "\n".join(json.dumps(entry(n)) for n in (1, 2)),
        json.dumps({"posts": [entry(1), entry(2)]}),
        json.dumps({"body": [entry(1), entry(2)], "status": 200, "headers": {}}),
        json.dumps([[entry(1)], [entry(2)]]),
        "/**/cb(" + json.dumps([entry(1), entry(2)]) + ")",
        "<br /><b>Warning</b>: Undefined key [x] in {y}<br />\n" + json.dumps([entry(1), entry(2)]),
        json.dumps([entry(1), entry(2)]) + "\n<!-- Page cached -->",
        "\ufeff" + json.dumps([entry(1), entry(2)]),
        json.dumps([entry(1), entry(2)], sort_keys=True, indent=2),
        # Pages of answers one behind the other, and posts as jq prints them.
        json.dumps([entry(1)]) + json.dumps([entry(2)]),
        json.dumps([entry(1)], indent=1) + "\n[]\n" + json.dumps([entry(2)], indent=1),
        "\n".join(json.dumps(entry(n), indent=2) for n in (1, 2)),
        ",\n".join(json.dumps(entry(n), indent=2) for n in (1, 2)),
        json.dumps(entry(1)) + json.dumps(entry(2)),
        "".join(f"HTTP/2 200\r\nx-a: [b] {{c}}\r\n\r\n{json.dumps([entry(n)])}\n" for n in (1, 2)),
    ],
)
def test_every_form_in_which_answers_are_saved(data: str, tmp_path: Path) -> None:
    found = read(data, tmp_path)
    assert [f.raw.post.id for f in found] == ["garden.example/blog/1", "garden.example/blog/2"]
    assert all(f.raw.post.damage is None for f in found)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    text = json.dumps(entry(title={"rendered": "Café für Zoë"}), ensure_ascii=False)
    assert one(text.encode(encoding), tmp_path).post.title == "Café für Zoë"


def test_packed_and_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = gzip.compress(json.dumps([entry()]).encode())
    assert read(data, tmp_path, "posts.json.gz")[0].raw.wordpress_id == 7
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    (found,) = read_source("-")
    assert isinstance(found, ReadPost)
    assert found.origin == "standard input"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "draft"}, "status draft"),
        ({"status": "future"}, "status future"),
        ({"status": "private"}, "status private"),
        ({"content": {"rendered": "Secret.", "protected": True}}, "password"),
        ({"content": {"rendered": "Secret.", "protected": 1}}, "password"),
        ({"content": {"rendered": "Secret.", "protected": "true"}}, "password"),
        ({"password": "x"}, "password"),
        ({"type": "attachment"}, "neither post nor page (attachment)"),
    ],
)
def test_what_is_not_public_stays_out_and_is_known(
    changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    (found,) = read(entry(**changes), tmp_path)
    assert isinstance(found, Skipped)
    assert reason in found.reason
    assert found.post_id == "garden.example/blog/7"


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "/relative/",
        "ftp://x.example/",
        'https://x.example/"><b>',
        "http://[",
        3,
    ],
)
def test_only_addresses_of_the_web_become_links(link: object, tmp_path: Path) -> None:
    assert one(entry(link=link), tmp_path).post.url == ""


def test_ids_without_a_number_or_an_address(tmp_path: Path) -> None:
    assert one(entry(id=None, guid=""), tmp_path).post.id == "garden.example/blog/post-7"
    bare = {"title": "A", "content": "<p>b</p>", "slug": "a"}
    assert one(bare, tmp_path).post.id == one(bare, tmp_path).post.id != ""
    links = {"self": [{"href": "https://garden.example/shop/wp-json/wp/v2/posts/7"}]}
    assert one(entry(_links=links, guid=""), tmp_path).post.id == "garden.example/shop/7"


@pytest.mark.parametrize(
    ("changes", "published"),
    [
        ({"date_gmt": "0000-00-00T00:00:00", "date": "2024-03-01T13:00:00"}, None),
        (
            {"date_gmt": None, "date": "2024-03-01T13:00:00+01:00"},
            datetime(2024, 3, 1, 12, tzinfo=UTC),
        ),
        ({"date_gmt": "yesterday", "date": 5}, None),
    ],
)
def test_a_time_of_nobody_knows_where_is_no_time(
    changes: dict[str, Any], published: datetime | None, tmp_path: Path
) -> None:
    assert one(entry(**changes), tmp_path).post.published == published


# ---------------------------------------------------------------- damaged


def without_tags(text: str) -> str:
    """As a reader of web pages leaves it: opening tags are line breaks, entities are letters."""
    text = re.sub(r"<(?:h2|p|ul|div)[^>]*>", "\n\n", text)
    text = re.sub(r"<li>", "\n  • ", text)
    return (
        re.sub(r"<(?:a|strong|em)[^>]*>", "", text).replace("&quot;", '"').replace("&#8217;", "’")
    )


DAMAGED = (
    '{"id":9,"date":"2024-03-01T13:00:00","date_gmt":"2024-03-01T12:00:00","guid":{"rendered":'
    '"https:\\/\\/garden.example\\/?p=9"},"modified_gmt":"2024-03-02T12:00:00","slug":"beds",'
    '"status":"publish","type":"post","link":"https:\\/\\/garden.example\\/beds\\/","title":'
    '{"rendered":"Raised beds"},"content":{"rendered":"\\n<h2>Why &quot;raised&quot;<\\/h2>\\n'
    "<p>Slugs can&#8217;t <strong>climb<\\/strong> 3 < 5 caf\\u00e9 steps.<\\/p>\\n<ul>"
    '<li>Dry feet<\\/li><li>Warm soil<\\/li><\\/ul>\\n","protected":false},"excerpt":{"rendered":'
    '"x","protected":false}}'
)


def test_text_that_lost_its_tags_gets_its_headings_back(tmp_path: Path) -> None:
    raw = one(without_tags(DAMAGED), tmp_path)
    assert (raw.post.id, raw.post.title) == ("garden.example/9", "Raised beds")
    assert raw.post.published == datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert raw.post.damage is not None
    assert raw.post.damage.recovered == "from plain text that lost its tags"
    assert not raw.post.damage.complete
    (found,) = sections(raw.html)
    assert found.headings == ('Why "raised"',)
    assert found.text == "Slugs can’t climb 3 < 5 café steps.\nDry feet\nWarm soil"
    assert [block.kind for block in found.blocks] == ["paragraph", "item", "item"]


@given(cut=st.integers(420, len(without_tags(DAMAGED)) - 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_wherever_it_is_cut_what_is_left_is_read(cut: int, tmp_path: Path) -> None:
    raw = one(without_tags(DAMAGED)[:cut], tmp_path)
    assert raw.post.title == "Raised beds"
    assert raw.post.damage
    text = " ".join(s.text for s in sections(raw.html))
    assert "protected" not in text


def test_a_list_that_breaks_off_keeps_its_whole_posts(tmp_path: Path) -> None:
    whole = json.dumps([entry(n) for n in (1, 2, 3)])
    found = read(whole[: whole.rindex("Dig it") + 3], tmp_path)
    posts = [f.raw.post for f in found if isinstance(f, ReadPost)]
    assert [post.id for post in posts] == [f"garden.example/blog/{n}" for n in (1, 2, 3)]
    assert [post.damage is None for post in posts] == [True, True, False]
    (lost,) = [f for f in found if isinstance(f, Skipped)]
    assert (lost.reason, lost.post_id) == ("the file breaks off after 2 whole posts", None)


def test_answers_one_behind_the_other_lose_nothing_when_the_last_breaks_off(
    tmp_path: Path,
) -> None:
    pages = "".join(json.dumps([entry(n), entry(n + 1)], indent=1) for n in (1, 3))
    *found, lost = read(pages[: pages.rindex("Dig it") + 3], tmp_path)
    posts = [f.raw.post for f in found if isinstance(f, ReadPost)]
    assert [post.id[-1] for post in posts] == ["1", "2", "3", "4"]
    assert [post.damage is None for post in posts] == [True, True, True, False]
    assert isinstance(lost, Skipped)
    assert lost.reason == "the file breaks off after 3 whole posts"


def test_an_error_among_answers_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    refused = '{"code": "rest_post_invalid_page_number", "message": "No such page."}'
    for data in (
        json.dumps([entry(1)]) + refused + json.dumps([entry(2)]),
        f"{refused}\n{json.dumps([entry(1)])}\n{json.dumps([entry(2)])}",
        f"{json.dumps([entry(1)])}\n{refused}\n{json.dumps([entry(2)])}",
    ):
        found = read(data, tmp_path)
        assert [f.raw.post.id[-1] for f in found if isinstance(f, ReadPost)] == ["1", "2"]
        (skipped,) = [f for f in found if isinstance(f, Skipped)]
        assert skipped.reason.startswith("an error that WordPress answered with: No such page")


def test_a_line_that_breaks_off_or_holds_two_posts_is_read_as_far_as_it_can_be(
    tmp_path: Path,
) -> None:
    line = json.dumps(entry(4))
    lines = [
        json.dumps(entry(1)), json.dumps(entry(2)) + json.dumps(entry(3)), "no post",
        line[: line.rindex("Dig it") + 3],
    ]  # fmt: skip
    found = read("\n".join(lines), tmp_path)
    posts = [f.raw.post for f in found if isinstance(f, ReadPost)]
    assert [post.id[-1] for post in posts] == ["1", "2", "3", "4"]
    assert [post.damage is None for post in posts] == [True, True, True, False]
    assert [f.reason for f in found if isinstance(f, Skipped)] == ["not WordPress data"]


def test_of_a_web_page_only_the_answer_in_it_is_read(tmp_path: Path) -> None:
    menu = '<script>menu = {"title": "Menu", "content": "Home"}</script>'
    (found,) = read(f"<html><body>{json.dumps([entry()])}{menu}</body></html>", tmp_path)
    assert isinstance(found, ReadPost)


def test_a_packed_file_that_breaks_off(tmp_path: Path) -> None:
    posts = [entry(n, content={"rendered": f"<p>{n * 7919} beds</p>"}) for n in range(1, 200)]
    data = gzip.compress(json.dumps(posts).encode())
    found = read(data[: len(data) // 2], tmp_path, "posts.json.gz")
    assert 50 < len([f for f in found if isinstance(f, ReadPost)]) < 199
    assert isinstance(found[-1], Skipped)


def test_a_protected_post_stays_out_also_when_damaged(tmp_path: Path) -> None:
    text = without_tags(DAMAGED).replace(
        '"protected":false},"excerpt"', '"protected":true},"excerpt"'
    )
    (found,) = read(text, tmp_path)
    assert isinstance(found, Skipped)


# ---------------------------------------------------------------- what is no source


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        (b"  \n ", "is empty"),
        (b"just words", "is not WordPress data"),
        (b"<!DOCTYPE html><html><body>Error 500 {x} [y]</body></html>", "is a web page"),
        (
            b'{"code":"rest_no_route","message":"No route was found","data":{}}',
            "No route was found",
        ),
        (b'[{"id":1,"slug":"a"}]', "no posts with their content"),
        (b"PK\x03\x04rest", "zip archive"),
        (
            b'<?xml version="1.0"?><rss xmlns:wp="http://wordpress.org/export/1.2/"><channel>',
            "breaks off",
        ),
        (b"[" * 100_000, "is not WordPress data"),
        (b"3", "is not WordPress data"),
    ],
)
def test_what_is_no_wordpress_data_is_said(data: bytes, problem: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=problem):
        read(data, tmp_path)


def test_an_answer_without_posts_is_an_answer_and_is_told(tmp_path: Path) -> None:
    file = tmp_path / "page-9.json"
    file.write_text("[]")
    assert list(read_source(str(file))) == [Skipped(str(file), "without a post in it")]


def test_a_folder_of_files_that_all_fail_names_why(tmp_path: Path) -> None:
    for name in ("a.json", "b.json", "c.json", "d.json"):
        (tmp_path / name).write_text("<html>")
    with pytest.raises(SourceError) as caught:
        list(read_source(str(tmp_path)))
    assert caught.value.hint == (
        "Mend a.json: a web page, not WordPress data; b.json: a web page, not WordPress data; "
        "c.json: a web page, not WordPress data; and 1 more."
    )


def test_sources_that_are_not_there(tmp_path: Path) -> None:
    for source, problem in [
        (tmp_path / "no.json", "does not exist"),
        (tmp_path, "no file with WordPress data"),
    ]:
        with pytest.raises(SourceError, match=problem):
            list(read_source(str(source)))


def test_a_folder_is_read_in_order_and_its_other_files_are_left(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps(entry(2)))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.json").write_text(json.dumps(entry(1)))
    (tmp_path / "notes.md").write_text("# no data")
    (tmp_path / ".hidden.json").write_text(json.dumps(entry(3)))
    (tmp_path / "c.json").write_text("<html>")
    found = list(read_source(str(tmp_path)))
    assert [f.raw.wordpress_id for f in found if isinstance(f, ReadPost)] == [1, 2]
    assert [(f.origin, f.reason) for f in found if isinstance(f, Skipped)] == [
        ("c.json", "a web page, not WordPress data")
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.binary(max_size=300) | st.text(alphabet='[]{}":,\\ndtecoi1<>', max_size=200).map(str.encode)
)
def test_no_bytes_raise_anything_else(tmp_path: Path, data: bytes) -> None:
    with contextlib.suppress(SourceError):
        assert isinstance(read(data, tmp_path), list)


def test_a_letter_cut_in_two_does_not_change_the_encoding() -> None:
    assert decode("Zoë".encode()[:-1]) == "Zo"


# ---------------------------------------------------------------- real data


@needs_shared
def test_the_first_post_there_ever_was() -> None:
    (found,) = read_source(str(SHARED / "data/seed-post.txt"))
    assert isinstance(found, ReadPost)
    post = found.raw.post
    assert post.title == "Will China And North Korea Help Russia"
    assert post.url == "https://www.northkoreainfo.com/will-china-and-north-korea-help-russia/"
    assert post.published == post.modified == datetime(2023, 10, 30, 11, 35, 16, tzinfo=UTC)
    assert post.damage
    assert not post.damage.complete
    (section,) = sections(found.raw.html, title=post.title)
    assert section.headings == ("History of Relations between China, North Korea, and Russia",)
    assert len(section.blocks) == 4


@needs_shared
def test_a_real_server_s_posts_and_its_protected_one() -> None:
    pages = sorted((SHARED / "wordpress/captures-6.8.12").glob("posts-page[1-8].json"))
    found = [f for page in pages for f in read_source(str(page))]
    assert len([f for f in found if isinstance(f, ReadPost)]) == 152
    (kept_out,) = [f for f in found if isinstance(f, Skipped)]
    assert "password" in kept_out.reason
