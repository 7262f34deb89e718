"""Damaged files of our own making: what is still in them is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests_shared import SHARED, needs_shared

from bench.bench_damaged import FACTS, Measured, cases_of, measure, own_cases, text_of
from bench.damage import WAYS, damaged
from ingest.html.letters import reread
from ingest.posts.wordpress_post import ReadPost
from ingest.read import read_source

FLOOR = 0.98  # of the headings that are still in a file


def post(number: int, title: str, content: str) -> dict[str, Any]:
    return {
        "id": number, "date": "2024-03-01T13:00:00", "date_gmt": "2024-03-01T12:00:00",
        "guid": {"rendered": f"https://www.garden.example/?p={number}"},
        "modified": "2024-04-01T13:00:00", "modified_gmt": "2024-04-01T12:00:00",
        "slug": f"post-{number}", "status": "publish", "type": "post",
        "link": f"https://www.garden.example/post-{number}/", "title": {"rendered": title},
        "content": {"rendered": content, "protected": False},
        "excerpt": {"rendered": "<p>In short.</p>\n", "protected": False}, "author": 1,
    }  # fmt: skip


POSTS = [
    post(
        1,
        "Beds &amp; “borders” &lt;b&gt;",
        '\n<h2 class="wp-block-heading" id="soil">Soil</h2>\n\n\n\n<p>Dig &#8220;it&#8221;, '
        'she said: &quot;now&quot;.</p>\n\n\n\n<h3>Clay &amp; sand</h3>\n\n<p>Heavy. <a href="/x">'
        "Light</a>.</p>\n\n<ul>\n<li>wool</li>\n<li>copper <strong>tape</strong></li>\n</ul>\n\n"
        "<h2>What then?</h2>\n<p>Wait.</p>\n",
    ),
    post(
        2,
        "Größe zählt: süße Äpfel",
        "\n<p>Äpfel für die Küche, Öl für den Ofen.</p>\n<h2>Süße Sorten</h2>\n<p>„Zuckerapfel“ – "
        "so heißt er.</p>\n<h2>Säuerliche <em>Sorten</em></h2>\n<p>Boskoop, größer.</p>\n",
    ),
    post(
        3,
        "吊り橋の話",
        "\n<h2>猫の種類</h2>\n<p>雨が降った。傘を買った。</p>\n<h2>餌 (2)</h2>\n<p>魚。</p>\n",
    ),
    post(
        4,
        "Ruled by numbers",
        '<h2>Prices</h2>\n<figure class="wp-block-table"><table><tbody><tr><td>Basic</td><td>€5'
        "</td></tr><tr><td>Pro</td><td>€9</td></tr></tbody></table></figure>\n<h3>Code</h3>\n"
        "<pre>x = 1\ny = 2</pre>\n<blockquote>\n<p>Said.</p>\n</blockquote>\n<h2>Last “words”</h2>"
        '\n<p>An <img src="a.png" alt="apple tree"/> here.</p>\n',
    ),
]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    folder = tmp_path_factory.mktemp("damaged")
    source = folder / "posts.json"
    source.write_text(json.dumps(POSTS), encoding="utf-8")
    return measure(own_cases(folder, source))


def check(measured: Measured) -> None:
    assert all(one.posts == 1 for one in measured.outcomes)
    for name in FACTS:
        assert [one.name for one in measured.outcomes if one.right[name] < one.left[name]] == []
    still = sum(one.left["heading"] for one in measured.outcomes)
    assert sum(one.right["heading"] for one in measured.outcomes) >= FLOOR * still > 0


def test_what_is_still_in_a_damaged_file_is_read(own: Measured) -> None:
    check(own)
    assert {one.way for one in own.outcomes} == set(WAYS)


@pytest.mark.parametrize("way", WAYS)
def test_each_damage_leaves_as_much_as_it_should(own: Measured, way: str) -> None:
    outcomes = [one for one in own.outcomes if one.way == way]
    cut = "cut" in way
    for name in (*FACTS, "heading"):
        true, left = (sum(getattr(one, of)[name] for one in outcomes) for of in ("true", "left"))
        assert (left <= true) if cut and name == "heading" else (left == true), name


def test_the_same_seed_gives_the_same_files() -> None:
    assert damaged(POSTS, seed=3) == damaged(POSTS, seed=3)
    assert damaged(POSTS, seed=3) != damaged(POSTS, seed=4)


def test_what_was_lost_is_said_of_each_post(tmp_path: Path) -> None:
    said = {}
    for way, entry, data in damaged(POSTS[1:2]):
        file = tmp_path / f"{way}.txt"
        file.write_bytes(data)
        (found,) = read_source(str(file))
        assert isinstance(found, ReadPost)
        said[way] = found.raw.post.damage
        assert entry is POSTS[1]
    whole = {way for way, damage in said.items() if damage is None or damage.complete}
    assert {"wrong letters", "shown in a page", "raw line ends"} <= whole
    assert not {"lost tags", "lost tags, cut"} & whole
    letters = said["wrong letters"]
    assert letters
    assert letters.recovered == "from letters of another encoding"


@pytest.mark.parametrize(
    "text", ["plain", "Zoë", "“Ã©” is é read wrongly, as Ã¨ is", "Äpfel für Öl", "猫", "é Ã©Ã©Ã©"]
)
def test_letters_that_were_meant_stay(text: str) -> None:
    assert reread(text) is None


def test_letters_of_another_encoding_come_back() -> None:
    meant = "Äpfel für “Öl” – à l’huile, 猫"
    wrong = meant.encode().decode("cp1252", "replace").replace("\ufffd", "\x9d")
    assert reread(wrong) == meant
    assert reread(wrong[:-1]) == meant[:-1]


def test_the_table_says_what_was_read(own: Measured) -> None:
    text = text_of(own)
    assert f"{len(POSTS) * len(WAYS)} files" in text
    heading = next(line for line in text.splitlines() if line.startswith("| heading"))
    cells = [cell.strip() for cell in heading.split("|")[1:-1]]
    assert int(cells[1]) == sum(one.true["heading"] for one in own.outcomes)
    assert int(cells[3]) == sum(one.right["heading"] for one in own.outcomes)


@needs_shared
def test_what_is_still_in_files_that_were_read_as_web_pages_is_read() -> None:
    truth = str(SHARED / "wordpress/captures-6.8.12/posts-page[1-8].json")
    measured = measure(cases_of(SHARED / "wordpress/damaged", truth))
    assert len(measured.outcomes) == 48
    check(measured)
