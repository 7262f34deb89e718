"""The log-in, in a real Chromium."""

from __future__ import annotations

import httpx
import test_browser
from fake_assistant import LETTUCES, PASSWORD, serving
from playwright.sync_api import Browser, expect

browser = test_browser.browser
pytestmark = test_browser.pytestmark


def test_a_reader_logs_in_and_asks(browser: Browser) -> None:
    with serving("locked") as (address, _):
        assert httpx.get(f"{address}/site/tomatoes-from-seed/").status_code == 401
        context = browser.new_context()
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address)
        assert page.url == f"{address}/login"
        field = page.get_by_label("Password")
        expect(field).to_be_focused()
        field.fill("four beds of lettuce")
        field.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("This is not the password.")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        box = page.locator("#pq-box")
        expect(box).to_be_visible(timeout=30_000)
        box.fill(LETTUCES)
        box.press("Enter")
        expect(page.locator(".pq-mark[data-number='1']")).to_be_visible(timeout=30_000)
        assert page.evaluate("document.cookie") == ""
        assert wrong == []
        context.close()
