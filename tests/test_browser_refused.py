"""Questions that a server does not take, in a real Chromium: the reader is told why, at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import test_browser
from fake_assistant import LETTUCES, PASSWORD, serving
from playwright.sync_api import Browser, Page, Route, expect
from test_browser import SAY

browser = test_browser.browser
pytestmark = test_browser.pytestmark


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def opened(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#pq.pq-ready")).to_be_visible()


def ask_in_vain(page: Page, question: str, problem: str, hint: str | re.Pattern[str]) -> None:
    """Long before the page would take silence for a lost connection."""
    page.fill("#pq-box", question)
    page.press("#pq-box", "Enter")
    told = page.locator(".pq-failure p")
    expect(told.first).to_have_text(problem, timeout=10_000)
    expect(told.last).to_have_text(hint)
    expect(page.locator("#pq-send")).to_be_visible()


def test_whoever_asks_too_often_is_told_how_long_to_wait(page: Page) -> None:
    with serving("seldom") as (address, _):
        opened(page, address)
        for _ in range(3):
            test_browser.ask(page, LETTUCES)
        wait = re.compile(r"^Your question is kept\. Ask again in \d+ seconds?\.$")
        ask_in_vain(page, "When to sow tomatoes?", SAY("too_often"), wait)
        test_browser.reload(page)
        expect(page.locator(".pq-question").last).to_have_text("When to sow tomatoes?")


def test_a_chat_that_is_too_large_is_told_to_be_so(page: Page) -> None:
    with serving(request_bytes=1000) as (address, _):
        opened(page, address)
        ask_in_vain(page, "x" * 1500, SAY("too_long"), SAY("too_long_hint"))
        assert "three of forty" in test_browser.ask(page, LETTUCES)


def test_a_reader_whose_session_has_ended_is_led_to_the_log_in(page: Page) -> None:
    with serving("locked") as (address, _):
        page.goto(address)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator("#pq.pq-ready")).to_be_visible()
        other = page.context.new_page()
        opened(other, address)
        other.get_by_role("button", name="Log out").click()
        expect(other).to_have_url(f"{address}/login")
        page.fill("#pq-box", LETTUCES)
        page.press("#pq-box", "Enter")
        expect(page).to_have_url(f"{address}/login")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator(".pq-question")).to_have_text(LETTUCES)
        test_browser.act(page, "again")
        expect(page.locator(".pq-checks")).to_be_visible()


@pytest.mark.parametrize(
    ("status", "text"), [(503, "too_busy"), (502, "lost"), (500, "broken"), (0, "lost")]
)
def test_other_refusals_are_told_too(page: Page, status: int, text: str) -> None:
    def refuse(route: Route) -> None:
        if status:
            route.fulfill(status=status, json={"detail": "Queue is full."})
        else:
            route.abort()

    with serving() as (address, _):
        opened(page, address)
        page.route("**/queue/join*", refuse)
        ask_in_vain(page, LETTUCES, SAY(text), SAY(f"{text}_hint"))
        page.unroute("**/queue/join*")
        if status:  # else Gradio loads the page anew, as soon as there is a server again
            assert "three of forty" in test_browser.ask(page, "How many lettuces?")


def test_stop_frees_the_page_where_the_server_has_said_nothing_yet(page: Page) -> None:
    with serving() as (address, _):
        opened(page, address)
        page.route("**/queue/join*", lambda route: None)  # as if others came first
        test_browser.begin(page, LETTUCES)
        page.locator("#pq-stop").click()
        expect(page.locator("#pq-send")).to_be_visible()
        expect(page.locator(".pq-answer")).to_contain_text(SAY("stopped"))
        page.unroute("**/queue/join*")
        assert "three of forty" in test_browser.ask(page, "How many lettuces?")
