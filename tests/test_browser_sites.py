"""The pages of several sites in one server, in a real Chromium."""

from __future__ import annotations

from pathlib import Path

import test_browser
from playwright.sync_api import Browser, expect
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
        assert wrong == []
        below = tuple(f"{address}/{name}/" for name in ("garden", "bees"))
        assert {url for url in asked if not url.startswith(below)} == {f"{address}/"}
        context.close()
