"""A real WordPress that changes under a sync: after each change, as if it had been read anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from wordpress_lab import Lab, lab, missing_parts

from ingest.live.polite import SiteUnavailable
from ingest.report import Report
from ingest.sync import Options, sync
from rag.catalog.read import all_ids
from rag.errors import SourceError
from rag.index.index import Index
from rag.settings import Settings, load_settings
from rag.types import Post, Section

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(bool(missing_parts()), reason=missing_parts() or "there is a lab"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def site() -> Iterator[Lab]:
    with lab() as running:
        yield running


@pytest.fixture(scope="module")
def kept(site: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index that is kept up to date over all tests, after its first sync."""
    folder = tmp_path_factory.mktemp("kept") / "index"
    read(site, folder)
    return folder


def settings(folder: Path, **more: Any) -> Settings:
    given = {"fetch_backoff": 0, "fetch_max_wait": 5, **more}
    return load_settings(index=folder, embedding_model="hash", allow_private_network=True, **given)


def read(site: Lab, folder: Path, *, options: Options | None = None, **more: Any) -> Report:
    return sync([site.address], settings(folder, **more), options=options or Options())


Content = tuple[dict[str, tuple[Post, tuple[Section, ...]]], list[str]]


def content(folder: Path) -> Content:
    """Every post with its record and its sections, and every passage."""
    opened = Index(folder)
    try:
        posts = {post.id: (post, opened.sections(post.id)) for post in opened.posts(10_000)}
        return posts, sorted(all_ids(opened.catalog))
    finally:
        opened.close()


def equals_a_fresh_ingest(site: Lab, kept: Path, tmp_path: Path, **more: Any) -> Content:
    read(site, tmp_path / "fresh", fetch_sample=0, **more)
    (found, passages), (expected, all_passages) = content(kept), content(tmp_path / "fresh")
    assert found.keys() == expected.keys()
    for id_, post in expected.items():
        assert found[id_] == post
    assert passages == all_passages
    return found, passages


def test_a_first_sync_reads_what_everyone_sees(site: Lab, tmp_path: Path) -> None:
    report = read(site, tmp_path / "index")
    assert (report.added, report.posts, report.warnings) == (152, 152, ())
    assert [one.reason for one in report.skipped] == ["not public (behind a password)"]
    whole = str(content(tmp_path / "index"))
    assert "SECRET" not in whole
    if (site.root / "wp-content" / "themes" / "twentytwentythree").exists():
        assert report.pages.opened == report.pages.quotes_found == 5
        assert report.pages.anchors_found == report.pages.anchors > 0


def test_a_sync_without_changes_takes_less_than_two_seconds(site: Lab, kept: Path) -> None:
    report = read(site, kept)
    assert (report.unchanged, report.embedded) == (152, 0)
    assert report.seconds < 2


EDIT = "wp_update_post(['ID'=>id('%s'),'post_content'=>'<h2>New</h2><p>New words here.</p>']);"

CHANGES = {
    "an edit": (EDIT % "tables", "changed"),
    "a new post": (
        "wp_insert_post(['post_title'=>'Fresh','post_name'=>'fresh','post_status'=>'publish',"
        "'post_content'=>'<p>Fresh text.</p>']);",
        "added",
    ),
    "the trash": ("wp_trash_post(id('lists'));", "removed"),
    "out of the trash": (
        "wp_untrash_post(id('lists__trashed')); wp_publish_post(id('lists'));",
        "added",
    ),
    "deleted": ("wp_delete_post(id('bulk-001'), true);", "removed"),
    "private": (
        "wp_update_post(['ID'=>id('bulk-002'),'post_status'=>'private']);",
        "removed",
    ),
    "public again": (
        "wp_update_post(['ID'=>id('bulk-002'),'post_status'=>'publish']);",
        "added",
    ),
    "a password": (
        "wp_update_post(['ID'=>id('bulk-003'),'post_password'=>'opensesame']);",
        "removed",
    ),
    "a password that leaves no time": (
        "global $wpdb; $wpdb->update($wpdb->posts, ['post_password'=>'x'], ['ID'=>id('bulk-004')]);"
        " clean_post_cache(id('bulk-004'));",
        "removed",
    ),
    "a draft": ("wp_update_post(['ID'=>id('bulk-005'),'post_status'=>'draft']);", "removed"),
    "a slug": ("wp_update_post(['ID'=>id('bulk-006'),'post_name'=>'renamed']);", "record_only"),
    "forty posts at the same moment": (
        "global $wpdb; for ($i=11; $i<=50; $i++) { $id = id(sprintf('bulk-%03d',$i));"
        " $wpdb->update($wpdb->posts, ['post_content'=>\"<p>At once $i.</p>\","
        " 'post_modified'=>'2024-10-27 02:10:00', 'post_modified_gmt'=>'2024-10-27 01:10:00'],"
        " ['ID'=>$id]); clean_post_cache($id); }",
        "changed",
    ),
    "another structure of addresses": (
        "update_option('permalink_structure','/%year%/%postname%/'); flush_rewrite_rules(false);",
        "record_only",
    ),
    "plain addresses": (
        "update_option('permalink_structure',''); flush_rewrite_rules(false);",
        "record_only",
    ),
    "pretty addresses again": (
        "update_option('permalink_structure','/%postname%/'); flush_rewrite_rules(false);",
        "record_only",
    ),
}


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_after_a_change_the_index_is_as_a_fresh_one(
    site: Lab, kept: Path, tmp_path: Path, change: str
) -> None:
    code, counted = CHANGES[change]
    site.play(code)
    report = read(site, kept)
    assert getattr(report, counted) > 0, report
    equals_a_fresh_ingest(site, kept, tmp_path)


# Nothing in the posts themselves tells of these: the weekly reading of every post finds them.
UNTOLD: dict[str, tuple[str, Callable[[Content], bool]]] = {
    "a synced pattern": (
        'global $wpdb; $id = $wpdb->get_var("SELECT ID FROM $wpdb->posts WHERE'
        " post_type='wp_block' AND post_title='Shared block'\");"
        " wp_update_post(['ID'=>$id,'post_content'=>'<p>An edited pattern.</p>']);",
        lambda found: "An edited pattern." in str(found[0]),
    ),
    "a category's name": (
        "wp_update_term(get_term_by('slug','news','category')->term_id, 'category',"
        " ['name'=>'Fresh News']);",
        lambda found: any("Fresh News" in post.categories for post, _ in found[0].values()),
    ),
}


@pytest.mark.parametrize("change", UNTOLD, ids=str)
def test_what_leaves_no_time_behind_is_found_when_every_post_is_read_again(
    site: Lab, kept: Path, tmp_path: Path, change: str
) -> None:
    code, arrived = UNTOLD[change]
    site.play(code)
    read(site, kept, fetch_full_days=0)
    assert arrived(equals_a_fresh_ingest(site, kept, tmp_path))


def test_a_wrong_password_is_told_and_takes_nothing_away(site: Lab, kept: Path) -> None:
    before = content(kept)
    with pytest.raises(SourceError, match="does not take the application password"):
        read(site, kept, wordpress_user="admin", wordpress_password="abcd efgh ijkl mnop")
    assert content(kept) == before


def test_a_right_password_shows_nothing_that_is_not_public(
    site: Lab, kept: Path, tmp_path: Path
) -> None:
    known: dict[str, Any] = {"wordpress_user": "admin", "wordpress_password": site.password}
    read(site, kept, **known)
    found, _ = equals_a_fresh_ingest(site, kept, tmp_path, **known)
    assert "SECRET" not in str(found)


def test_maintenance_is_told_and_takes_nothing_away(site: Lab, kept: Path, tmp_path: Path) -> None:
    before = content(kept)
    mark = site.root / ".maintenance"
    mark.write_text("<?php $upgrading = time();")
    try:
        with pytest.raises(SiteUnavailable, match="wait 600 seconds"):
            read(site, kept)
    finally:
        mark.unlink()
    assert content(kept) == before
    equals_a_fresh_ingest(site, kept, tmp_path)


@contextmanager
def plugin(site: Lab, code: str) -> Iterator[None]:
    file = site.root / "wp-content" / "mu-plugins" / "test.php"
    file.write_text(f"<?php {code}")
    try:
        yield
    finally:
        file.unlink()


def test_warnings_in_front_of_the_json_are_cut(site: Lab, kept: Path, tmp_path: Path) -> None:
    warn = (
        "ini_set('display_errors','1'); error_reporting(E_ALL);"
        " add_action('rest_api_init', function(){ $a=[]; echo $a['nope']; });"
    )
    site.play(EDIT % "bulk-060")
    with plugin(site, warn):
        report = read(site, kept)
        assert report.changed == 1
        assert "Undefined array key" in report.warnings[0]
        equals_a_fresh_ingest(site, kept, tmp_path)


def test_a_wall_in_front_of_the_api_takes_nothing_away(site: Lab, kept: Path) -> None:
    before = content(kept)
    wall = (
        "add_filter('rest_authentication_errors', function($r){ return is_user_logged_in() ? $r :"
        " new WP_Error('rest_login_required','Only for members.',['status'=>401]); });"
    )
    with plugin(site, wall), pytest.raises(SourceError, match="Only for members"):
        read(site, kept)
    assert content(kept) == before


def test_pages_and_other_types_are_read_when_asked_for(
    site: Lab, kept: Path, tmp_path: Path
) -> None:
    options = Options(types=("post", "page"))
    assert read(site, kept, options=options).added == 2
    sync([site.address], settings(tmp_path / "fresh", fetch_sample=0), options=options)
    assert content(kept) == content(tmp_path / "fresh")
    with pytest.raises(SourceError, match="shows no type 'book'"):
        read(site, kept, options=Options(types=("book",)))
