"""Posts of which the API gives almost nothing while their pages show much: page builders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from wordpress_server import Asked, FakeSite, Response, serving

from ingest.report import Report
from ingest.sync import sync
from rag.settings import load_settings
from ui.commands.show_sync import print_report

LONG = "<p>" + "The builder keeps these words for itself. " * 20 + "</p>"


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with serving(FakeSite()) as served:
        yield served


def read(site: FakeSite, folder: Path, pages: dict[int, str], *, most: int = 5) -> Report:
    """A sync of a site whose pages show this instead of the posts' own text."""

    def page(asked: Asked) -> Response | None:
        number = asked.path.removeprefix("/post-").rstrip("/")
        shown = pages.get(int(number)) if number.isdigit() else None
        return Response(shown.encode(), headers={"Content-Type": "text/html"}) if shown else None

    site.faults = [page]
    settings = load_settings(
        index=folder / "index", embedding_model="hash", allow_private_network=True,
        fetch_sample=most,
    )  # fmt: skip
    return sync([site.base], settings)


def test_a_post_whose_page_shows_much_more_than_the_api_gave_is_named(
    site: FakeSite, tmp_path: Path
) -> None:
    site.add(1, '<div class="builder"></div>')
    site.add(2, "<p>Short and whole.</p>")
    site.add(3, LONG)
    menu = f"<nav>{LONG}</nav><script>{LONG}</script>"
    report = read(
        site,
        tmp_path,
        {
            1: f"<html><main><article>{LONG}</article></main></html>",
            2: f"<html>{menu}<article><p>Short and whole.</p></article><p>{LONG}",
            3: f"<html><article>{LONG}{LONG}</article></html>",
        },
    )
    assert report.shown_elsewhere == (f"{site.base}/post-1/",)
    assert report.empty == (f"{site.base.removeprefix('http://')}/1",)
    assert report.as_thin == 0


def test_posts_as_short_whose_pages_were_not_opened_are_counted(
    site: FakeSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(1, 8):
        site.add(number, "<p>Teaser.</p>")
    shown = {n: f"<html><article>{LONG}</article></html>" for n in range(1, 8)}
    report = read(site, tmp_path, shown, most=2)
    assert (len(report.shown_elsewhere), report.as_thin) == (2, 5)
    print_report(report, tmp_path)
    told = capsys.readouterr().out
    assert "Almost no text over REST, and much in the page (a page builder?): 2 (" in told
    assert "5 more posts have as little text; their pages were not opened.\n" in told


def test_short_posts_whose_pages_are_as_short_are_no_news(site: FakeSite, tmp_path: Path) -> None:
    for number in range(1, 8):
        site.add(number, "<p>Teaser.</p>")
    report = read(site, tmp_path, {}, most=2)
    assert (report.shown_elsewhere, report.as_thin) == ((), 0)
