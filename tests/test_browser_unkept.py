"""The pages in a Chromium whose user lets no page keep anything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import test_browser
from fake_assistant import LETTUCES, serving
from playwright.sync_api import Browser, Page, expect
from test_browser import SAY

browser = test_browser.browser
pytestmark = test_browser.pytestmark

# As Chromium does it where site data are blocked.
_BLOCKED = """for (const name of ["localStorage", "sessionStorage"]) {
  const get = () => { throw new DOMException("denied", "SecurityError"); };
  Object.defineProperty(window, name, { get });
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving("owner") as (address, _):
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(color_scheme="light")
    context.add_init_script(_BLOCKED)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    assert wrong == []


def test_questions_are_answered_and_nothing_is_saved(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#pq.pq-ready")).to_be_visible()
    assert "three of forty" in test_browser.ask(page, LETTUCES)
    page.get_by_role("button", name=SAY("saved_chats")).click()
    expect(page.locator("#pq-list")).to_have_text(SAY("no_saved"))
    page.keyboard.press("Escape")
    page.get_by_role("button", name=SAY("light_or_dark")).click()
    expect(page.locator(":root")).to_have_attribute("data-pq", "dark")
    page.get_by_role("button", name=SAY("new_chat")).click()
    expect(page.locator(".pq-turn")).to_have_count(0)


def test_the_owners_page_is_shown(page: Page, address: str) -> None:
    page.goto(f"{address}/owner")
    expect(page.locator("#votes .asked")).not_to_have_count(0)
    expect(page.locator(":root")).to_have_attribute("data-pq", "light")
    page.get_by_role("button", name=SAY("light_or_dark")).click()
    expect(page.locator(":root")).to_have_attribute("data-pq", "dark")
