"""Hostile posts, readers and names on every page that there is, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import test_browser
from fake_assistant import serving
from playwright.sync_api import Browser, Error, Page, Request, expect
from widget_site import widget_site
from xss_site import PAYLOADS, posts

browser = test_browser.browser
pytestmark = [*test_browser.pytestmark, pytest.mark.timeout(600)]

QUESTION = f"everything the zebra says {PAYLOADS[0]} {PAYLOADS[4]}"
HOSTILE: dict[str, Any] = {
    "site_name": PAYLOADS[4], "hits": 100, "keep_feedback": True, "keep_questions": True,
}  # fmt: skip
MARKUP = (
    "img, script, iframe, embed, object, video, audio, source, style, link, meta, base, math,"
    " marquee, portal, template, noscript, svg:not([aria-hidden=true]), input:not([type=checkbox]),"
    " select, form"
)


@contextmanager
def watched(browser: Browser, url: str) -> Iterator[Page]:
    """A page on which nothing may run, and from which nothing may be asked of another machine."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800})

    def asked(request: Request) -> None:
        if _is_far(request.url):
            wrong.append(request.url)

    context.on("request", asked)
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    page.goto(url)
    yield page
    page.wait_for_timeout(300)  # what runs late
    assert page.evaluate("window.owned") is None
    assert wrong == []
    context.close()


def _is_far(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob", "about") and parts.hostname != "127.0.0.1"


def only_text(page: Page, places: str) -> None:
    """No element of a payload, and no link but to where one may go."""
    found = page.locator(f":is({places}) :is({MARKUP})")
    assert found.evaluate_all("(all) => all.map((one) => one.outerHTML.slice(0, 200))") == []
    links = page.locator(f":is({places}) a").evaluate_all("(all) => all.map((one) => one.protocol)")
    assert set(links) <= {"http:", "https:"}
    handlers = page.locator(f":is({places}) *").evaluate_all(
        "(all) => all.flatMap((one) => one.getAttributeNames()).filter((name) => /^on/.test(name))"
    )
    assert handlers == []


def _is_harm(found: set[str]) -> bool:
    return any("evil.example" in one or one == "owned" for one in found)


def answered(page: Page) -> None:
    page.fill("#pq-box", QUESTION)
    page.press("#pq-box", "Enter")
    expect(page.locator("#pq-send")).to_be_visible(timeout=120_000)


def test_the_payloads_are_sixty_and_more_and_do_harm_where_they_are_markup(
    browser: Browser,
) -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 60
    context = browser.new_context()
    context.add_init_script(
        "Object.defineProperty(window, 'owned', { set() { console.log('owned'); } });"
    )
    found: set[str] = set()
    markup = ""

    def answer(route: Any) -> None:
        found.add(route.request.url)
        own = route.request.url == "http://control.example/"
        route.fulfill(body=markup if own else "", content_type="text/html")

    context.route("**/*", answer)
    context.on("console", lambda message: found.add(message.text))
    harmful = 0
    for payload in PAYLOADS:
        found.clear()
        markup = f"<!DOCTYPE html><p id=p>{payload}</p>"
        page = context.new_page()
        # Nothing is asked of the page, which may lead away at any moment.
        with suppress(Error):
            page.goto("http://control.example/", wait_until="commit", timeout=5000)
        for _ in range(8):
            if _is_harm(found):
                break
            page.wait_for_timeout(100)
        harmful += _is_harm(found)
        page.close()
    context.close()
    assert harmful > 30


def test_the_chat_page_shows_them_as_text(browser: Browser) -> None:
    with serving("hostile", **HOSTILE) as (address, _), watched(browser, address) as page:
        expect(page.locator("#pq.pq-ready")).to_be_visible()
        answered(page)
        cards = " ".join(page.locator("#pq-cards").inner_text().split())
        assert [one for one in PAYLOADS if " ".join(one.split()) not in cards] == []
        only_text(page, "#pq-turns, #pq-cards, #pq-head h1, #pq-empty")
        page.locator(".pq-mark").last.scroll_into_view_if_needed()
        page.wait_for_timeout(800)  # until the page, which scrolls to the answer, is at rest
        page.locator(".pq-mark").last.hover()
        expect(page.locator("#pq-pop")).to_be_visible()
        only_text(page, "#pq-pop")
        page.get_by_role("button", name="Saved chats").click()
        only_text(page, "#pq-list")
        test_browser.reload(page)
        expect(page.locator(".pq-question")).to_have_text(QUESTION)
        only_text(page, "#pq-turns, #pq-cards")


def test_a_linked_question_is_text(browser: Browser) -> None:
    with serving("hostile", **HOSTILE) as (address, _):
        sent = f"{address}/#ask={PAYLOADS[4].replace(' ', '%20')}"
        with watched(browser, sent) as page:
            expect(page.locator(".pq-sent-question")).to_have_text(PAYLOADS[4])
            only_text(page, "#pq-empty")


@pytest.mark.parametrize("half", [PAYLOADS[::2], PAYLOADS[1::2]], ids=["even", "odd"])
def test_the_widget_shows_them_as_text(
    browser: Browser, tmp_path: Path, half: tuple[str, ...]
) -> None:
    given = {name: HOSTILE[name] for name in ("hits", "site_name")}
    with (
        widget_site(tmp_path, posts=posts(half), **given) as (site, _),
        watched(browser, f"{site}/any/") as page,
    ):
        page.locator("#pq-launch").click()
        answered(page)
        cards = " ".join(page.locator(".pq-sources").inner_text().split())
        assert [one for one in half if " ".join(one.split()) not in cards] == []
        only_text(page, "#pq-turns")


def test_the_owners_page_shows_them_as_text(browser: Browser, tmp_path: Path) -> None:
    files: dict[str, Any] = {"owner_cases": tmp_path / "cases.jsonl"}
    with (
        serving("hostile", "owner", **HOSTILE, **files) as (address, _),
        watched(browser, f"{address}/owner") as page,
    ):
        rows = page.locator("#votes .asked")
        expect(rows.first).to_be_visible(timeout=120_000)
        shown = {" ".join(one.split()) for one in rows.all_inner_texts()}
        assert [one for one in PAYLOADS if " ".join(f"Why {one}".split()) not in shown] == []
        expect(page.locator("#questions .asked").first).to_be_visible(timeout=120_000)
        page.get_by_text("Quarantine:").click()
        page.get_by_text("Recovered from damaged files:").click()
        page.locator("#questions").get_by_role("button", name="Choose").first.click()
        expect(page.locator("#choose legend").first).to_be_visible(timeout=60_000)
        only_text(
            page, "#index, #facts, #health, #report, #questions, #votes, #choose-list, .brand"
        )
        assert page.title() == f"Owner: {PAYLOADS[4]}"
