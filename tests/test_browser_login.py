"""The log-in, in a real Chromium."""

from __future__ import annotations

import re

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
        expect(page.locator("#pq-send")).to_be_visible()
        assert page.evaluate("document.cookie") == ""
        test_browser.settled(page)
        page.get_by_role("button", name="Log out").click()
        expect(page).to_have_url(f"{address}/login")
        page.goto(address)
        assert page.url == f"{address}/login"
        assert wrong == []
        context.close()


def test_a_phone_logs_out_at_the_end_of_the_page(browser: Browser) -> None:
    with serving("locked") as (address, _):
        context = browser.new_context(**test_browser.PHONE)
        page = context.new_page()
        page.goto(address)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        out = page.get_by_role("button", name="Log out")
        expect(out).to_have_count(1)
        out.scroll_into_view_if_needed()
        assert test_browser.serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        out.tap()
        expect(page).to_have_url(f"{address}/login")
        context.close()


def test_whoever_guesses_is_told_to_wait_on_the_page(browser: Browser) -> None:
    with serving("locked") as (address, _):
        context = browser.new_context(**test_browser.PHONE)
        page = context.new_page()
        page.goto(address)
        for _ in range(10):
            page.get_by_label("Password").fill("a guess")
            page.get_by_role("button", name="Log in").click()
            expect(page.get_by_role("alert")).to_have_text("This is not the password.")
        page.get_by_label("Password").fill("a guess")
        with page.expect_response(f"{address}/login") as told:
            page.get_by_role("button", name="Log in").click()
        assert told.value.status == 429
        expect(page.get_by_role("alert")).to_have_text(
            re.compile(r"^Too many wrong passwords\. Wait \d+ seconds?, then try again\.$")
        )
        expect(page.get_by_label("Password")).to_be_focused()
        assert test_browser.serious(page) == []
        context.close()
