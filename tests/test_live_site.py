"""A live site through a sync, on a scripted server that fails in every way a site can."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from wordpress_server import (
    PAST_END,
    Asked,
    FakeSite,
    Fault,
    Response,
    json_response,
    serving,
)

from ingest.live.polite import SiteUnavailable
from ingest.live.site import label_of
from ingest.report import Report
from ingest.sync import Options, sync
from rag.catalog.sources import quarantine
from rag.errors import ConfigError, SourceError
from rag.index.forget import forget, let_back
from rag.index.index import Index
from rag.settings import Settings, load_settings


class Kept:
    """A site that is served, and the index made from it."""

    def __init__(self, site: FakeSite, folder: Path) -> None:
        self.site = site
        self.index = folder / "index"

    def settings(self, **more: Any) -> Settings:
        quick = {"fetch_backoff": 0, "fetch_max_wait": 1, "fetch_sample": 0, "fetch_timeout": 10}
        return load_settings(
            index=self.index, embedding_model="hash", allow_private_network=True, **(quick | more)
        )

    def sync(self, settings: Settings | None = None, **options: Any) -> Report:
        self.site.asked.clear()
        return sync([self.site.base], settings or self.settings(), options=Options(**options))

    def texts(self) -> dict[str, str]:
        """WordPress id to the text of the post."""
        opened = Index(self.index)
        try:
            return {
                post.id.rpartition("/")[2]: " ".join(s.text for s in opened.sections(post.id))
                for post in opened.posts(10_000)
            }
        finally:
            opened.close()

    def fail(self, *faults: Fault) -> None:
        self.site.faults = list(faults)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with serving(FakeSite()) as site:
        for number in range(1, 11):
            site.add(number)
        yield Kept(site, tmp_path)


def once(response: Response, *, when: str = "census", times: int = 1) -> Fault:
    """A fault for the first requests of a kind."""
    left = [times]

    def fault(asked: Asked) -> Response | None:
        kind = asked.is_census if when == "census" else asked.is_fetch
        if not kind or not left[0]:
            return None
        left[0] -= 1
        return response

    return fault


def always(response: Response, *, when: str = "census") -> Fault:
    return once(response, when=when, times=1_000_000)


BUSY = Response(b"busy", 503, {"Retry-After": "0"})
LOGIN = Response(b"<html><title>Log in</title></html>", 200, {"Content-Type": "text/html"})


# ---------------------------------------------------------------- what changes


def test_a_first_sync_reads_every_post(kept: Kept) -> None:
    report = kept.sync()
    assert (report.added, report.posts, report.warnings) == (10, 10, ())
    assert kept.texts()["7"] == "Text of post 7."


def test_a_sync_without_changes_is_one_census(kept: Kept) -> None:
    kept.sync()
    report = kept.sync()
    assert (report.unchanged, report.added, report.embedded) == (10, 0, 0)
    assert [asked.is_census for asked in kept.site.asked] == [True]


def test_only_what_changed_is_fetched(kept: Kept) -> None:
    kept.sync()
    kept.site.edit(3, "<p>New words.</p>")
    kept.site.add(11)
    report = kept.sync()
    assert (report.changed, report.added, report.unchanged) == (1, 1, 9)
    assert kept.texts()["3"] == "New words."
    assert [a.query["include"] for a in kept.site.asked if a.is_fetch] == ["3,11"]


def test_a_changed_address_changes_the_link_and_embeds_nothing(kept: Kept) -> None:
    kept.sync()
    kept.site.posts[3]["link"] = f"{kept.site.base}/new/"
    report = kept.sync()
    assert (report.record_only, report.changed, report.embedded) == (1, 0, 0)


def test_every_post_is_fetched_again_when_it_is_time_or_asked_for(kept: Kept) -> None:
    kept.sync()
    kept.site.posts[3]["content"]["rendered"] = "<p>An edited pattern.</p>"
    assert kept.sync().changed == 0
    assert kept.sync(full=True).changed == 1
    kept.site.posts[4]["content"]["rendered"] = "<p>Another one.</p>"
    assert kept.sync(kept.settings(fetch_full_days=0)).changed == 1


def test_a_forgotten_post_is_neither_fetched_nor_noted_until_it_is_let_back(kept: Kept) -> None:
    kept.site.posts[7]["link"] = f"{kept.site.base}/a-telling-slug/"
    kept.sync()
    (id_,) = (id_ for id_ in ids(kept) if id_.endswith("/7"))
    forget(kept.index, id_)
    assert not traces(kept, b"a-telling-slug", id_.encode())
    kept.site.edit(7, "<p>New words.</p>")
    kept.site.edit(8, "<p>Others.</p>")
    for full in (False, True, False):
        report = kept.sync(full=full)
        assert report.forgotten == (id_,)
        assert (report.added, report.removed, report.posts, len(report.skipped)) == (0, 0, 9, 0)
        assert not any("7" in a.query["include"].split(",") for a in kept.site.asked if a.is_fetch)
        assert not traces(kept, b"a-telling-slug", b"New words", id_.encode())
    assert kept.texts()["8"] == "Others."
    let_back(kept.index, id_)
    report = kept.sync()
    assert (report.added, report.forgotten, report.posts) == (1, (), 10)
    assert kept.texts()["7"] == "New words."


def ids(kept: Kept) -> list[str]:
    with closing(Index(kept.index)) as index:
        return [post.id for post in index.posts()]


def traces(kept: Kept, *pieces: bytes) -> list[bytes]:
    contents = [file.read_bytes() for file in kept.index.rglob("*") if file.is_file()]
    return [piece for piece in pieces if any(piece in content for content in contents)]


def test_a_dry_run_prints_the_difference_and_writes_nothing(kept: Kept) -> None:
    assert kept.sync(dry_run=True).added == 10
    assert not kept.index.exists()
    kept.sync()
    kept.site.edit(3, "<p>New words.</p>")
    kept.site.hidden.add(4)
    before = kept.texts()
    report = kept.sync(dry_run=True)
    assert [(d.what, d.post_id.rpartition("/")[2]) for d in report.differences] == [
        ("changed", "3"),
        ("removed", "4"),
    ]
    assert kept.texts() == before
    assert kept.sync().changed == 1


def test_a_post_that_a_file_brought_becomes_the_site_s(kept: Kept) -> None:
    kept.sync()
    saved = kept.index.parent / "posts.json"
    saved.write_text(json.dumps(list(kept.site.posts.values())))
    kept.index = kept.index.parent / "other"
    sync([str(saved)], kept.settings())
    assert kept.sync().unchanged == 10
    del kept.site.posts[5]
    assert kept.sync().removed == 1


def test_links_that_lead_elsewhere_are_not_kept(kept: Kept) -> None:
    for number, link in enumerate(["javascript:alert(1)", "http://169.254.169.254/", "//x"], 1):
        kept.site.posts[number]["link"] = link
    kept.site.posts[4]["link"] = "https://evil.example/post-4/"
    kept.sync()
    opened = Index(kept.index)
    urls = {post.id.rpartition("/")[2]: post.url for post in opened.posts()}
    opened.close()
    assert [urls[n] for n in "1234"] == ["", "", "", ""]
    assert urls["5"] == f"{kept.site.base}/post-5/"


def test_a_site_cannot_pass_off_its_posts_as_another_one_s(kept: Kept) -> None:
    def claim(asked: Asked) -> Response | None:
        said = {"home": "https://victim.example", "namespaces": ["wp/v2"]}
        return json_response(said) if asked.path == "/wp-json/" else None

    kept.fail(claim)
    kept.sync()
    opened = Index(kept.index)
    hosts = opened.status().hosts
    opened.close()
    assert hosts == (label_of(kept.site.base),)


# ---------------------------------------------------------------- what goes


@pytest.mark.parametrize(("way", "reason"), [("hidden", "no longer public"), ("gone", "deleted")])
def test_a_post_that_is_gone_leaves_at_once(kept: Kept, way: str, reason: str) -> None:
    kept.sync()
    if way == "hidden":
        kept.site.hidden.add(4)
    else:
        del kept.site.posts[4]
    report = kept.sync()
    assert (report.removed, report.posts) == (1, 9)
    assert reason in report.skipped[0].reason
    assert "4" not in kept.texts()


def test_all_posts_may_turn_private_at_once(kept: Kept) -> None:
    kept.sync()
    kept.site.hidden |= set(kept.site.posts)
    assert kept.sync().posts == 0


def test_a_password_takes_a_post_out_even_if_its_time_did_not_change(kept: Kept) -> None:
    kept.sync()
    kept.site.posts[4]["content"] = {"rendered": "", "protected": True}
    report = kept.sync()
    assert (report.removed, report.skipped[0].reason) == (1, "not public (behind a password)")
    kept.site.posts[4]["content"] = {"rendered": "<p>Open.</p>", "protected": False}
    assert kept.sync().added == 1


def test_a_post_that_came_back_is_read_again(kept: Kept) -> None:
    kept.sync()
    kept.site.hidden.add(4)
    kept.sync()
    kept.site.hidden.clear()
    assert kept.sync().added == 1


def test_a_public_post_that_is_not_listed_goes_the_second_time(kept: Kept) -> None:
    kept.sync()
    kept.site.unlisted.add(4)
    report = kept.sync()
    assert (report.removed, report.missing) == (0, (f"{label_of(kept.site.base)}/4",))
    assert kept.sync().removed == 1


def test_a_listing_that_lost_more_than_a_fifth_takes_nothing_away(kept: Kept) -> None:
    kept.sync()
    kept.site.unlisted |= {1, 2, 3}
    kept.sync()
    report = kept.sync()
    assert (report.removed, report.posts) == (0, 10)
    assert "--allow-mass-delete" in report.warnings[0]
    assert kept.sync(allow_mass_delete=True).removed == 3


def test_a_site_that_counts_more_than_it_names_loses_nothing(kept: Kept) -> None:
    kept.sync()
    kept.site.unlisted.add(4)

    def fewer(asked: Asked) -> Response | None:
        if not asked.is_census:
            return None
        kept.site.faults = []
        response = kept.site.answer(asked)
        kept.site.faults = [fewer]
        response.headers["X-WP-Total"] = "10"
        return response

    kept.fail(fewer)
    for _ in range(3):
        report = kept.sync()
        assert report.removed == 0
        assert "counts more posts than it names" in report.warnings[0]


def test_what_a_wall_says_of_a_missing_post_counts_for_nothing(kept: Kept) -> None:
    kept.sync()
    kept.site.unlisted.add(4)

    def wall(asked: Asked) -> Response | None:
        return Response(LOGIN.body, 403) if asked.path.endswith("/posts/4") else None

    kept.fail(wall)
    report = kept.sync()
    assert (report.removed, len(report.missing)) == (0, 1)


def test_types_that_are_not_asked_for_are_left_alone(kept: Kept) -> None:
    kept.sync()

    def pages(asked: Asked) -> Response | None:
        if not asked.path.startswith("/wp-json/wp/v2/pages"):
            return None
        page = {**kept.site.posts[1], "id": 99, "type": "page", "link": f"{kept.site.base}/about/"}
        counts = {"X-WP-Total": "1", "X-WP-TotalPages": "1"}
        return json_response([page], headers=counts)

    kept.fail(pages)
    assert kept.sync(types=("post", "page")).added == 1
    assert kept.sync().posts == 11  # the types of the last time
    assert kept.sync(types=("post",)).posts == 11
    assert kept.sync(types=("post",)).removed == 0


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize("status", [429, 503, 500, 502])
def test_a_site_that_is_busy_is_asked_again(kept: Kept, status: int) -> None:
    busy = Response(b"busy", status, {"Retry-After": "0"})
    kept.fail(once(busy, times=3), once(busy, when="fetch", times=2))
    assert kept.sync().added == 10


def test_a_wait_that_is_too_long_is_told_and_not_shortened(kept: Kept) -> None:
    kept.sync()
    kept.fail(always(Response(b"<html>Maintenance", 503, {"Retry-After": "600"})))
    with pytest.raises(SiteUnavailable, match="wait 600 seconds") as error:
        kept.sync()
    assert error.value.retry_after == 600
    assert kept.site.count(lambda asked: True) == 1
    assert len(kept.texts()) == 10


def test_a_site_is_left_alone_as_long_as_it_asks(kept: Kept) -> None:
    import time

    kept.fail(once(Response(b"", 429, {"Retry-After": "1"})))
    started = time.monotonic()
    assert kept.sync().added == 10
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize(
    "fault",
    [
        always(BUSY),
        always(BUSY, when="fetch"),
        always(LOGIN),
        always(LOGIN, when="fetch"),
        always(json_response({"code": "rest_login_required", "message": "Log in."}, 401)),
        always(json_response({"code": "internal", "message": "No."}, 400)),
        always(Response(b"<html>Cloudflare", 403)),
        always(Response(b'[{"id": 1', headers={"Content-Length": "999"})),
        always(Response(status=302, headers={"Location": "http://169.254.169.254/"})),
        always(Response(gzip.compress(bytes(200_000_000)), headers={"Content-Encoding": "gzip"})),
    ],
    ids=["busy", "busy-later", "login", "login-later", "401", "400", "403", "half", "away", "bomb"],
)
def test_a_site_that_fails_takes_nothing_away(kept: Kept, fault: Fault) -> None:
    kept.sync()
    before = kept.texts()
    kept.site.unlisted |= {1, 2}
    kept.site.edit(3, "<p>New words.</p>")
    kept.fail(fault)
    for _ in range(2):
        with pytest.raises(SourceError):
            kept.sync(allow_mass_delete=True)
    assert kept.texts() == before


def test_a_site_that_is_not_there_makes_no_index(kept: Kept) -> None:
    with pytest.raises(SourceError):
        sync(["http://127.0.0.1:1"], kept.settings())
    assert not kept.index.exists()


def test_a_page_that_is_no_wordpress_says_so(kept: Kept) -> None:
    kept.fail(lambda asked: Response(b"<html>A shop</html>", 200, {"Content-Type": "text/html"}))
    with pytest.raises(SourceError, match="no API of WordPress"):
        kept.sync()


def test_lists_without_counts_are_read_to_their_end(kept: Kept) -> None:
    kept.site.headers = False
    for number in range(11, 251):
        kept.site.add(number)
    assert kept.sync().added == 250
    assert kept.sync().unchanged == 250


def test_a_site_that_gives_shorter_pages_than_asked_for_loses_nothing(kept: Kept) -> None:
    kept.site.headers = False

    def four(asked: Asked) -> Response | None:
        if not asked.is_census:
            return None
        start = (int(asked.query["page"]) - 1) * 4
        shown = [post for _, post in sorted(kept.site.posts.items())][start : start + 4]
        return json_response(shown) if shown else json_response(PAST_END, 400)

    kept.fail(four)
    assert kept.sync().added == 10


def test_plain_permalinks_are_read_as_well(kept: Kept) -> None:
    kept.sync()

    def plain(asked: Asked) -> Response | None:
        """The pretty address leads to a page; the API lies behind a parameter."""
        route = asked.query.pop("rest_route", "")
        if route:
            kept.site.faults = []
            response = kept.site.answer(Asked(f"/wp-json{route}", asked.query, asked.headers))
            kept.site.faults = [plain]
            return response
        target = {"Location": f"{asked.path}/"}
        if asked.path.startswith("/wp-json") and not asked.path.endswith("/posts/"):
            return Response(status=301, headers=target)
        return Response(b"<html>Front page", 200, {"Content-Type": "text/html"})

    kept.fail(plain)
    kept.site.edit(3, "<p>New words.</p>")
    report = kept.sync()
    assert (report.changed, report.unchanged, report.removed) == (1, 9, 0)


def test_posts_that_come_while_paging_are_read_once(kept: Kept) -> None:
    for number in range(11, 205):
        kept.site.add(number)
    come = iter(range(1000, 1003))

    def more(asked: Asked) -> None:
        if asked.is_census and (number := next(come, None)):
            kept.site.add(number)

    kept.fail(more)
    report = kept.sync()
    assert report.posts >= 204
    kept.site.faults = []
    kept.sync()
    assert len(kept.texts()) == 207


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        (b"\xef\xbb\xbf", b""),
        (b"\n\n", b""),
        (b"<br />\n<b>Warning</b>:  Undefined array key [0] in <b>lab.php</b><br />\n", b""),
        (b"", b"\n<!-- Page cached by LabCache, 0.1 s -->"),
    ],
    ids=["mark", "newlines", "warning", "cache"],
)
def test_what_stands_around_the_json_is_cut_and_named(
    kept: Kept, before: bytes, behind: bytes
) -> None:
    def around(asked: Asked) -> Response | None:
        kept.site.faults = []
        response = kept.site.answer(asked)
        kept.site.faults = [around]
        if asked.path.startswith("/wp-json"):
            response.body = before + response.body + behind
        return response

    kept.fail(around)
    report = kept.sync()
    assert report.added == 10
    assert bool(report.warnings) == (b"Warning" in before or b"cached" in behind)


def test_one_post_that_breaks_the_site_does_not_hold_up_the_others(kept: Kept) -> None:
    def breaks(asked: Asked) -> Response | None:
        wanted = asked.query.get("include", "").split(",")
        return Response(b"fatal", 500) if asked.is_fetch and "4" in wanted else None

    kept.fail(breaks)
    report = kept.sync()
    assert (report.added, len(report.skipped)) == (9, 1)
    assert "the site fails to show it" in report.skipped[0].reason
    opened = Index(kept.index)
    assert [one.origin for one in quarantine(opened.catalog)] == [f"{kept.site.base}/post-4/"]
    opened.close()
    kept.site.faults = []
    assert kept.sync().added == 1


def test_a_sync_that_stopped_goes_on_where_it_was(kept: Kept) -> None:
    for number in range(11, 1001):
        kept.site.add(number)
    seen = [0]

    def stop(asked: Asked) -> Response | None:
        seen[0] += asked.is_fetch
        return BUSY if asked.is_fetch and seen[0] > 6 else None

    kept.fail(stop)
    with pytest.raises(SourceError):
        kept.sync()
    kept.site.faults = []
    report = kept.sync()
    assert report.posts == 1000
    assert kept.site.count(lambda asked: asked.is_fetch) == 5


def test_pages_of_the_census_that_are_marked_are_not_sent_again(kept: Kept) -> None:
    def marked(asked: Asked) -> Response | None:
        if not asked.is_census:
            return None
        if asked.headers.get("If-None-Match") == '"one"':
            return Response(status=304)
        kept.site.faults = []
        response = kept.site.answer(asked)
        kept.site.faults = [marked]
        response.headers["ETag"] = '"one"'
        return response

    kept.fail(marked)
    kept.sync()
    kept.site.edit(3, "<p>Not seen, because the site says that nothing changed.</p>")
    report = kept.sync()
    assert (report.unchanged, report.changed, report.removed) == (10, 0, 0)


# ---------------------------------------------------------------- the password


def test_a_wrong_password_is_told_before_anything_else(kept: Kept) -> None:
    kept.sync()
    kept.site.password = "Basic right"
    with pytest.raises(SourceError, match="does not take the application password of 'ines'"):
        kept.sync(kept.settings(wordpress_user="ines", wordpress_password="wrong"))
    assert len(kept.texts()) == 10
    assert kept.site.count(lambda asked: asked.is_census) == 0


def test_a_right_password_is_sent_with_every_request_and_never_logged(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    kept.site.password = "Basic aW5lczpyaWdodA=="
    kept.sync(kept.settings(wordpress_user="ines", wordpress_password="right"))
    sent = {asked.headers.get("Authorization") for asked in kept.site.asked}
    assert sent == {kept.site.password}
    assert "aW5l" not in caplog.text
    stored = b"".join(file.read_bytes() for file in kept.index.rglob("*") if file.is_file())
    assert b"aW5l" not in stored


def test_one_password_is_not_sent_to_two_sites(kept: Kept) -> None:
    settings = kept.settings(wordpress_user="ines", wordpress_password="right")
    with pytest.raises(ConfigError, match="one password and 2 sites"):
        sync([kept.site.base, "https://other.example"], settings)


# ---------------------------------------------------------------- the pages


def test_a_sample_of_pages_is_opened_and_what_is_missing_is_named(kept: Kept) -> None:
    kept.site.edit(1, '<h2 id="soil">Soil</h2><p>Dig it deep.</p>')

    def no_words(asked: Asked) -> Response | None:
        return Response(b"<html>Nothing") if asked.path == "/post-2/" else None

    kept.fail(no_words)
    report = kept.sync(kept.settings(fetch_sample=10))
    pages = report.pages
    assert (pages.opened, pages.quotes, pages.quotes_found) == (10, 10, 9)
    assert (pages.anchors, pages.anchors_found) == (1, 1)
    assert pages.failures == (f"{kept.site.base}/post-2/ does not show 'Text of post 2.'",)


@pytest.mark.parametrize(
    "typed",
    [
        "https://www.garden.example",
        "http://garden.example/",
        "HTTPS://Garden.example/wp-json/wp/v2",
    ],
)
def test_a_site_has_one_name_however_it_is_typed(typed: str) -> None:
    assert label_of(typed) == "garden.example"
    assert label_of("https://garden.example/blog/") == "garden.example/blog"
