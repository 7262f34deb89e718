"""Several copies of one post, from several files and a site: which counts, and what is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from wordpress_server import FakeSite, serving

from ingest.posts.copies import DAMAGED, OLDER
from ingest.report import Report
from ingest.sync import Options, sync
from rag.index.index import Index
from rag.settings import load_settings
from rag.types import Post

PEOPLE = {
    "author": [{"id": 3, "name": "Ines Moreau"}],
    "wp:term": [
        [{"id": 5, "taxonomy": "category", "name": "Growing"}],
        [{"id": 6, "taxonomy": "post_tag", "name": "spring"}],
    ],
}
OLD, NEW = "2024-03-01T12:00:00", "2024-05-01T12:00:00"


def entry(html: str, modified: str | None = OLD, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": 7,
        "date_gmt": "2024-03-01T12:00:00",
        "modified_gmt": modified,
        "link": "https://garden.example/beds/",
        "title": {"rendered": "Beds"},
        "content": {"rendered": html, "protected": False},
        "author": 3,
        "categories": [5],
        "tags": [6],
    }
    return {**made, **changes}


class Shelf:
    """Saved files and the index made of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, name: str, *entries: dict[str, Any] | str) -> str:
        texts = [one if isinstance(one, str) else json.dumps(one) for one in entries]
        file = self.folder / name
        file.write_text("\n".join(texts))
        return str(file)

    def sync(self, *sources: str, **options: Any) -> Report:
        settings = load_settings(
            index=self.folder / "index", embedding_model="hash", allow_private_network=True,
            fetch_sample=0,
        )  # fmt: skip
        return sync(list(sources), settings, options=Options(**options))

    @property
    def post(self) -> Post:
        index = Index(self.folder / "index")
        (post,) = index.posts()
        index.close()
        return post

    @property
    def text(self) -> str:
        index = Index(self.folder / "index")
        found = " ".join(s.text for post in index.posts() for s in index.sections(post.id))
        index.close()
        return found


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_an_older_copy_that_comes_later_does_not_overwrite_the_newer_one(shelf: Shelf) -> None:
    newer = shelf.save("may.json", entry("<p>New words.</p>", NEW))
    older = shelf.save("march.json", entry("<p>Old words.</p>", OLD))
    shelf.sync(newer)
    report = shelf.sync(older)
    assert shelf.text == "New words."
    assert (report.changed, report.record_only, report.posts, report.removed) == (0, 0, 1, 0)
    assert [(s.origin, s.reason) for s in report.skipped] == [(older, OLDER)]
    assert shelf.sync(newer).unchanged == 1


def test_the_order_of_files_does_not_matter_within_a_run_either(shelf: Shelf) -> None:
    newer = shelf.save("a.json", entry("<p>New words.</p>", NEW))
    older = shelf.save("b.json", entry("<p>Old words.</p>", OLD))
    report = shelf.sync(newer, older)
    assert shelf.text == "New words."
    assert [skipped.reason for skipped in report.skipped] == [OLDER]
    shelf.sync(older, newer)
    assert shelf.text == "New words."


def test_a_copy_that_does_not_say_when_it_was_changed_counts_as_older(shelf: Shelf) -> None:
    dated = shelf.save("a.json", entry("<p>Dated.</p>", OLD))
    undated = shelf.save("b.json", entry("<p>Undated.</p>", None))
    shelf.sync(undated)
    shelf.sync(dated)
    assert shelf.text == "Dated."
    assert [skipped.reason for skipped in shelf.sync(undated).skipped] == [OLDER]
    assert shelf.text == "Dated."


def test_an_older_copy_is_no_reason_to_prune_or_not_to_prune(shelf: Shelf) -> None:
    newer = shelf.save("a.json", entry("<p>New words.</p>", NEW))
    shelf.sync(newer)
    Path(newer).write_text(json.dumps(entry("<p>Old words.</p>", OLD)))
    report = shelf.sync(newer, prune=True)
    assert (report.removed, report.posts, report.warnings) == (0, 1, ())


def test_a_damaged_copy_of_the_same_age_does_not_overwrite_a_whole_one(shelf: Shelf) -> None:
    whole = shelf.save("a.json", entry("<p>All of the words.</p>", OLD))
    text = json.dumps(entry("<p>All of the words.</p>", OLD))
    damaged = shelf.save("b.json", text[: text.index(" words.")])
    shelf.sync(damaged)
    assert shelf.post.damage
    shelf.sync(whole)
    assert shelf.text == "All of the words."
    assert shelf.post.damage is None
    assert [skipped.reason for skipped in shelf.sync(damaged).skipped] == [DAMAGED]
    assert shelf.text == "All of the words."
    assert shelf.post.damage is None


def record(post: Post) -> tuple[tuple[str, ...], ...]:
    return post.authors, post.categories, post.tags


NAMES = (("Ines Moreau",), ("Growing",), ("spring",))


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_copy_without_names_keeps_the_names_that_are_known(shelf: Shelf, dry_run: bool) -> None:
    full = shelf.save("full.json", entry("<p>Words.</p>", _embedded=PEOPLE))
    bare = shelf.save("bare.json", entry("<p>Words.</p>"))
    shelf.sync(full)
    report = shelf.sync(bare, dry_run=dry_run)
    assert (report.unchanged, report.record_only) == (1, 0)
    assert record(shelf.post) == NAMES


def test_names_are_kept_within_a_run_in_either_order(shelf: Shelf) -> None:
    full = shelf.save("full.json", entry("<p>Words.</p>", _embedded=PEOPLE))
    bare = shelf.save("bare.json", entry("<p>Words.</p>"))
    newer = shelf.save("newer.json", entry("<p>Other words.</p>", NEW))
    shelf.sync(bare, full)
    assert record(shelf.post) == NAMES
    shelf.folder /= "other"
    shelf.folder.mkdir()
    shelf.sync(full, newer)
    assert (shelf.text, record(shelf.post)) == ("Other words.", NAMES)


def test_names_that_are_gone_from_the_post_go(shelf: Shelf) -> None:
    shelf.sync(shelf.save("full.json", entry("<p>Words.</p>", _embedded=PEOPLE)))
    without = shelf.save("without.json", entry("<p>Words.</p>", tags=[], categories=[]))
    assert shelf.sync(without).record_only == 1
    assert record(shelf.post) == (("Ines Moreau",), (), ())


def test_what_a_copy_leaves_out_is_kept(shelf: Shelf) -> None:
    shelf.sync(shelf.save("full.json", entry("<p>Words.</p>", lang="en")))
    guid = {"rendered": "https://garden.example/?p=7"}
    bare = {**entry("<p>Words.</p>", NEW), "guid": guid}
    del bare["link"], bare["date_gmt"]
    report = shelf.sync(shelf.save("bare.json", bare))
    assert report.record_only == 1
    post = shelf.post
    assert (post.url, post.language) == ("https://garden.example/beds/", "en")
    assert post.published is not None
    assert post.modified is not None
    assert post.modified.month == 5


def test_what_a_site_says_now_is_right_whatever_its_time(shelf: Shelf) -> None:
    with serving(FakeSite()) as site:
        site.add(7, "<p>From a file.</p>", modified_gmt=NEW)
        saved = shelf.save("saved.json", site.posts[7])
        shelf.sync(saved)
        site.edit(7, "<p>Brought back from a backup.</p>", OLD)
        report = shelf.sync(site.base)
        assert (report.changed, report.skipped) == (1, ())
        assert shelf.text == "Brought back from a backup."
        site.edit(7, "<p>Older still.</p>", "2020-01-01T00:00:00")
        shelf.sync(site.base, full=True)
        assert shelf.text == "Older still."


@pytest.mark.parametrize("site_first", [True, False])
def test_beside_its_site_a_file_counts_for_nothing(shelf: Shelf, site_first: bool) -> None:
    with serving(FakeSite()) as site:
        site.add(7, "<p>Saved.</p>", modified_gmt=NEW)
        saved = shelf.save("saved.json", site.posts[7])
        site.edit(7, "<p>Shown.</p>", OLD)
        shelf.sync(*((site.base, saved) if site_first else (saved, site.base)))
        assert shelf.text == "Shown."
