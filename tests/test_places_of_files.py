"""Where files lie, however it is typed, and one export that takes the place of those before it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result
from wordpress_server import FakeSite, serving

from ingest.report import Report
from ingest.sync import Options, sync
from rag.catalog.catalog import Catalog
from rag.catalog.sources import quarantine, rename_sources, set_sources, sources_read
from rag.index.index import Index
from rag.settings import load_settings
from ui.cli import app


def entry(number: int, host: str = "garden.example", **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": number,
        "date_gmt": "2024-03-01T12:00:00",
        "modified_gmt": "2024-03-01T12:00:00",
        "link": f"https://{host}/post-{number}/",
        "title": {"rendered": f"Post {number}"},
        "content": {"rendered": f"<p>Text {number} of {host}.</p>", "protected": False},
    }
    return {**made, **changes}


POSTS = [entry(number) for number in range(1, 11)]


class Shelf:
    """A working folder with files and the index made of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = folder / "index"

    def save(self, name: str, entries: Iterable[dict[str, Any]]) -> str:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(list(entries)))
        return str(file)

    def sync(self, *sources: str, **options: Any) -> Report:
        settings = load_settings(
            index=self.index, embedding_model="hash", allow_private_network=True, fetch_sample=0
        )
        return sync(list(sources), settings, options=Options(**options))

    @property
    def ids(self) -> set[str]:
        with closing(Index(self.index)) as index:
            return {post.id for post in index.posts()}

    @property
    def catalog(self) -> Catalog:
        return Catalog(self.index)

    def quarantined(self) -> list[str]:
        with closing(self.catalog) as catalog:
            return [one.origin for one in quarantine(catalog)]

    def call_sources(self, name: str) -> None:
        """As an older index may have it, which noted what was typed."""
        with closing(self.catalog) as catalog:
            rename_sources(catalog, dict.fromkeys(sources_read(catalog), name))


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.chdir(tmp_path)
    return Shelf(tmp_path)


# ------------------------------------------------------------ one place, several spellings


SPELLINGS = ["p.json", "./p.json", "sub/../p.json", "link.json", "linked/../p.json", "here/p.json"]


@pytest.fixture
def spelled(shelf: Shelf) -> list[str]:
    (shelf.folder / "sub").mkdir()
    (shelf.folder / "link.json").symlink_to("p.json")
    (shelf.folder / "linked").symlink_to("sub")
    (shelf.folder / "here").symlink_to(".")
    return [
        *SPELLINGS,
        str(shelf.folder / "p.json"),
        os.path.join("..", shelf.folder.name, "p.json"),
    ]


def test_a_file_is_the_same_source_however_it_is_spelled(shelf: Shelf, spelled: list[str]) -> None:
    protected = entry(99, content={"rendered": "", "protected": True})
    for first, second in pairwise([*spelled, spelled[0]]):
        shelf.save("p.json", [*POSTS, protected])
        shelf.sync(first)
        shelf.save("p.json", [*POSTS[:9], protected])
        assert shelf.sync(second, prune=True).removed == 1, f"{first} and {second}"
        assert len(shelf.quarantined()) == 1, f"{first} and {second}"


def test_a_folder_and_a_pattern_are_the_same_however_they_are_spelled(shelf: Shelf) -> None:
    for first, second in (
        ("saved", "./saved/"),
        ("saved", str(shelf.folder / "saved")),
        ("saved/*.json", "saved/../saved/*.json"),
        (str(shelf.folder / "saved/*.json"), "saved/*.json"),
    ):
        shelf.save("saved/a.json", POSTS[:5])
        shelf.save("saved/b.json", POSTS[5:])
        shelf.sync(first, whole_site=True)
        shelf.save("saved/b.json", POSTS[5:9])
        assert shelf.sync(second, prune=True).removed == 1, second


@pytest.mark.parametrize("old", ["p.json", "./p.json", "sub/../p.json"])
def test_an_index_that_holds_an_older_spelling_goes_on(shelf: Shelf, old: str) -> None:
    (shelf.folder / "sub").mkdir()
    shelf.save("p.json", POSTS)
    shelf.sync("p.json")
    shelf.call_sources(old)
    shelf.save("p.json", POSTS[:9])
    assert shelf.sync(str(shelf.folder / "p.json"), prune=True, dry_run=True).removed == 1
    assert shelf.sync(str(shelf.folder / "p.json"), prune=True).removed == 1
    with closing(shelf.catalog) as catalog:
        assert sources_read(catalog) == (str(shelf.folder / "p.json"),)


def test_a_link_that_leads_to_another_file_each_week_stays_the_same_source(shelf: Shelf) -> None:
    shelf.save("1.json", POSTS)
    shelf.save("2.json", POSTS[:9])
    link = shelf.folder / "latest.json"
    link.symlink_to("1.json")
    shelf.sync("latest.json")
    link.unlink()
    link.symlink_to("2.json")
    assert shelf.sync(str(link), prune=True).removed == 1


def test_files_of_the_same_name_in_two_folders_are_two_sources(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.save("a/p.json", POSTS[:5])
    shelf.save("b/p.json", POSTS[5:])
    monkeypatch.chdir(shelf.folder / "a")
    shelf.sync("p.json")
    monkeypatch.chdir(shelf.folder / "b")
    assert shelf.sync("p.json", prune=True).removed == 0
    assert len(shelf.ids) == 10


def test_a_file_that_is_named_twice_is_read_once(shelf: Shelf) -> None:
    shelf.save("p.json", [*POSTS, entry(99, content={"rendered": "", "protected": True})])
    report = shelf.sync("p.json", "./p.json", str(shelf.folder / "p.json"))
    assert (report.added, len(report.skipped)) == (10, 1)


# ------------------------------------------------------------ one export behind the other


def test_an_export_of_the_whole_site_takes_the_place_of_those_before(shelf: Shelf) -> None:
    protected = entry(99, content={"rendered": "", "protected": True})
    shelf.sync(shelf.save("site.2026-11-01.json", [*POSTS, protected]))
    newer = shelf.save("site.2026-11-27.json", [*POSTS[:9], entry(11), protected])
    assert shelf.sync(newer, whole_site=True, dry_run=True).removed == 1
    report = shelf.sync(newer, whole_site=True)
    assert (report.added, report.removed, report.warnings) == (1, 1, ())
    assert "garden.example/10" not in shelf.ids
    with closing(shelf.catalog) as catalog:
        assert sources_read(catalog) == (newer,)
    assert len(shelf.quarantined()) == 1
    shelf.save("site.2026-11-27.json", POSTS[:9])
    assert shelf.sync(newer, prune=True).removed == 1, "all posts count as its own now"


def test_prune_that_removed_nothing_says_what_other_files_gave(shelf: Shelf) -> None:
    old = shelf.save("site.2026-11-01.json", POSTS)
    shelf.sync(old)
    report = shelf.sync(shelf.save("site.2026-11-27.json", POSTS[:9]), prune=True)
    assert (report.removed, len(shelf.ids)) == (0, 10)
    (warning,) = report.warnings
    assert f"were kept: 1 ({old})" in warning
    assert "--whole-site" in warning


def test_prune_is_silent_where_no_other_file_has_more(shelf: Shelf) -> None:
    shelf.sync(shelf.save("a.json", POSTS[:9]))
    shelf.sync(shelf.save("other.json", [entry(1, "bees.example")]))
    assert shelf.sync(shelf.save("b.json", POSTS), prune=True).warnings == ()


def test_a_whole_site_leaves_other_sites_alone(shelf: Shelf) -> None:
    shelf.sync(shelf.save("bees.json", [entry(n, "bees.example") for n in range(1, 4)]))
    shelf.sync(shelf.save("old.json", POSTS))
    report = shelf.sync(shelf.save("new.json", POSTS[:9]), whole_site=True)
    assert report.removed == 1
    assert {f"bees.example/{n}" for n in range(1, 4)} < shelf.ids


def test_a_whole_site_leaves_what_the_live_site_gave(shelf: Shelf) -> None:
    with serving(FakeSite()) as site:
        for number in (1, 2, 3):
            site.add(number)
        shelf.sync(site.base)
        place = site.base.partition("://")[2]
        first = [entry(n, place) for n in (1, 5, 6, 7, 8, 9, 10)]
        shelf.sync(shelf.save("old.json", first))
        report = shelf.sync(shelf.save("new.json", first[:-1]), whole_site=True)
        assert report.removed == 1
        assert {id_.rpartition("/")[2] for id_ in shelf.ids} == set("12356789")


def test_a_whole_site_in_several_files_is_given_in_one_go(shelf: Shelf) -> None:
    posts, pages = shelf.save("posts.json", POSTS[:5]), shelf.save("pages.json", POSTS[5:])
    shelf.sync(posts)
    shelf.sync(pages)
    assert shelf.sync(posts, pages, whole_site=True).removed == 0
    newer = shelf.save("pages-2.json", POSTS[5:9])
    assert shelf.sync(posts, newer, whole_site=True).removed == 1


def test_a_whole_site_removes_no_more_than_a_fifth_and_nothing_after_an_error(
    shelf: Shelf,
) -> None:
    shelf.sync(shelf.save("old.json", POSTS))
    few = shelf.save("few.json", POSTS[:3])
    report = shelf.sync(few, whole_site=True)
    assert "7 posts are gone from the source and were kept" in report.warnings[0]
    broken = shelf.save("broken.json", [*POSTS[:9], {"id": 12, "slug": "no-content"}])
    assert "not everything could be read" in shelf.sync(broken, whole_site=True).warnings[0]
    assert len(shelf.ids) == 10
    assert shelf.sync(few, whole_site=True, allow_mass_delete=True).removed == 7


def test_a_post_whose_id_does_not_name_its_site_is_never_taken_for_one_of_it(
    shelf: Shelf,
) -> None:
    nameless = {"title": {"rendered": "A"}, "content": {"rendered": "<p>No address.</p>"}}
    shelf.sync(shelf.save("old.json", [*POSTS, nameless]))
    report = shelf.sync(shelf.save("new.json", POSTS), whole_site=True)
    assert (report.removed, len(shelf.ids)) == (0, 11)


def test_a_source_of_single_posts_can_be_set(shelf: Shelf) -> None:
    shelf.sync(shelf.save("old.json", POSTS))
    with closing(shelf.catalog) as catalog:
        set_sources(catalog, {"garden.example/1": "elsewhere"})
        assert set(sources_read(catalog)) == {"elsewhere", str(shelf.folder / "old.json")}


def test_the_command_takes_a_whole_site_and_refuses_it_for_a_live_one(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    shelf.save("old.json", POSTS)
    shelf.save("new.json", POSTS[:9])

    def ingest(*given: str) -> Result:
        return CliRunner().invoke(app, ["ingest", *given, "--index", str(shelf.index)])

    assert ingest("old.json").exit_code == 0
    assert "1 removed" in ingest("new.json", "--whole-site").output
    refused = ingest("https://a.example", "--whole-site")
    assert refused.exit_code == 2
    assert "about files" in refused.output
