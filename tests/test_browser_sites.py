"""The pages of several sites in one server, in a real Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import test_browser
from playwright.sync_api import Browser, Page, expect
from test_browser import SAY, ask, settled
from test_sites import BEES, LETTUCES, serving

browser = test_browser.browser
pytestmark = test_browser.pytestmark


def test_a_reader_goes_from_site_to_site_and_asks(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        context = browser.new_context()
        page = context.new_page()
        wrong: list[str] = []
        asked: set[str] = set()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: asked.add(request.url))
        for name, question, quote in (
            ("garden", LETTUCES, "lost three of forty lettuces"),
            ("bees", BEES, "Lavender draws bees"),
        ):
            page.goto(f"{address}/")
            page.locator(f'a[href="{name}/"]').click()
            box = page.locator("#pq-box")
            expect(box).to_be_visible(timeout=60_000)
            box.fill(question)
            box.press("Enter")
            expect(page.locator(".pq-answer").last).to_contain_text(quote, timeout=60_000)
            expect(page.locator("#pq-send")).to_be_visible()
            settled(page)
        assert wrong == []
        below = tuple(f"{address}/{name}/" for name in ("garden", "bees"))
        assert {url for url in asked if not url.startswith(below)} == {f"{address}/"}
        context.close()


def go(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator("#pq.pq-ready")).to_be_visible(timeout=60_000)


def saved(page: Page) -> list[str]:
    page.get_by_role("button", name=SAY("saved_chats")).click()
    rows = page.locator("#pq-list .pq-row span").all_inner_texts()
    page.keyboard.press("Escape")
    return rows


def test_what_a_browser_keeps_of_one_site_is_not_shown_on_another(
    browser: Browser, tmp_path: Path
) -> None:
    with serving(tmp_path) as address:
        context = browser.new_context(color_scheme="light")
        page = context.new_page()
        sent: list[Any] = []
        page.on("request", lambda one: sent.append(one.post_data) if one.post_data else None)
        go(page, f"{address}/garden/")
        page.get_by_role("button", name=SAY("light_or_dark")).click()
        assert "three of forty" in ask(page, LETTUCES)
        go(page, f"{address}/bees/")
        expect(page.locator(".pq-turn")).to_have_count(0)
        expect(page.locator(":root")).to_have_attribute("data-pq", "light")
        assert saved(page) == []
        sent.clear()
        assert "Lavender draws bees" in ask(page, BEES)
        assert any(BEES in one for one in sent)
        assert not any(LETTUCES in one for one in sent)
        assert saved(page) == [BEES]
        page.get_by_role("button", name=SAY("saved_chats")).click()
        page.locator("[data-do=forget-all]").click()
        page.locator("#pq-sure").get_by_role("button", name=SAY("delete_all")).click()
        expect(page.locator("#pq-list")).to_have_text(SAY("no_saved"))
        page.goto(f"{address}/bees/owner")
        expect(page.locator(":root")).to_have_attribute("data-pq", "light")
        page.goto(f"{address}/garden/owner")
        expect(page.locator(":root")).to_have_attribute("data-pq", "dark")
        go(page, f"{address}/garden/")
        expect(page.locator(".pq-question")).to_have_text([LETTUCES])  # the tab's own chat
        assert saved(page) == [LETTUCES]
        context.close()
