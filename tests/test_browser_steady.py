"""What stays where it was while the page changes under its reader, in a real Chromium."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
import test_browser
import test_browser_widget
from fake_assistant import LETTUCES
from playwright.sync_api import Locator, Page, expect
from test_browser import PHONE, SAY, OpenPage, act, ask, begin, mark

browser = test_browser.browser
address = test_browser.address
open_page = test_browser.open_page
addresses = test_browser_widget.addresses
open_widget = test_browser_widget.open_page
pytestmark = test_browser.pytestmark

SLOW = f"{LETTUCES} slow"
TOMATOES = "When to sow tomatoes?"
ZEBRAS = "zebras stripes food"
TABLET = {"width": 768, "height": 1024}


def answered(page: Page) -> None:
    expect(page.locator("#pq-send")).to_be_visible()


def press(button: Locator) -> None:
    button.focus()
    button.press("Enter")


# ---------------------------------------------------------------- the focus


def test_the_focus_is_in_the_box_when_what_had_it_is_gone(open_page: OpenPage) -> None:
    page = open_page()
    box, stop = page.locator("#pq-box"), page.locator("#pq-stop")
    press(page.locator(".pq-examples button").first)
    expect(box).to_be_focused()
    answered(page)
    press(page.locator(".pq-turn [data-do=again]"))
    expect(box).to_be_focused()
    answered(page)
    box.fill(SLOW)
    press(page.locator("#pq-send"))
    expect(box).to_be_focused()
    expect(mark(page, 1, 1)).to_be_visible()
    press(stop)
    answered(page)
    expect(box).to_be_focused()
    begin(page, SLOW)
    stop.focus()  # and the answer ends by itself
    answered(page)
    expect(box).to_be_focused()


def test_on_a_phone_no_keyboard_comes_up_where_nothing_is_typed(open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    page.locator(".pq-examples button").first.tap()
    answered(page)
    expect(page.locator("#pq-scroll")).to_be_focused()
    page.locator(".pq-turn [data-do=again]").tap()
    answered(page)
    expect(page.locator("#pq-scroll")).to_be_focused()


def test_a_source_that_is_read_stays_so_while_the_answer_grows(open_page: OpenPage) -> None:
    page = open_page()
    begin(page, SLOW)
    mark(page, 0, 1).click()
    expect(page.locator("#pq-source-1")).to_be_focused()
    answered(page)
    expect(page.locator("#pq-source-1")).to_be_focused()
    for chosen in (mark(page, 0, 1), page.locator("#pq-source-1")):
        expect(chosen).to_contain_class("pq-now")
    page.keyboard.press("Escape")
    expect(mark(page, 0, 1)).to_be_focused()
    expect(page.locator(".pq-now")).to_have_count(0)


def test_a_sheet_gives_the_focus_back_to_what_opened_it(open_page: OpenPage) -> None:
    page = open_page(viewport=TABLET)
    ask(page, LETTUCES)
    for opener in ("#pq-turns [data-do=show]", "#pq-head [data-do=sources]"):
        page.locator(opener).click()
        expect(page.locator("#pq-sources")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(opener)).to_be_focused()


def test_the_focus_stays_in_the_dialog_of_saved_chats(open_page: OpenPage) -> None:
    page = open_page()
    close = page.locator("[data-do=close-talks]")
    ask(page, LETTUCES)
    page.get_by_role("button", name=SAY("saved_chats")).click()
    press(page.locator("[data-do=drop-talk]"))
    expect(close).to_be_focused()
    page.keyboard.press("Escape")
    ask(page, LETTUCES)
    page.get_by_role("button", name=SAY("saved_chats")).click()
    press(page.locator("[data-do=forget-all]"))
    press(page.locator("#pq-sure").get_by_role("button", name=SAY("delete_all")))
    expect(page.locator("#pq-list")).to_have_text(SAY("no_saved"))
    expect(close).to_be_focused()


def test_the_focus_stays_in_the_widget(open_widget: OpenPage) -> None:
    page = test_browser_widget.opened(open_widget())
    box = page.locator("#pq-box")
    box.fill(f"{LETTUCES} invent slow")
    press(page.locator("#pq-send"))
    expect(box).to_be_focused()
    page.locator("#pq-stop").focus()  # and the answer ends by itself
    answered(page)
    expect(box).to_be_focused()
    left_out = page.locator("details.pq-checks")
    left_out.locator("summary").click()
    test_browser_widget.ask(page, SLOW)
    expect(left_out).to_have_attribute("open", "")


# ---------------------------------------------------------------- what is open


def test_what_is_unfolded_stays_so_when_a_vote_or_an_answer_comes(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, f"{LETTUCES} invent")
    left_out = page.locator("details.pq-checks")
    left_out.locator("summary").click()
    page.get_by_role("button", name=SAY("helpful"), exact=True).click()
    expect(page.locator("#pq-toast")).to_have_text(SAY("thanks"))
    expect(left_out).to_have_attribute("open", "")
    ask(page, SLOW)
    expect(left_out).to_have_attribute("open", "")


def test_sources_that_were_closed_stay_closed_while_the_answer_grows(open_page: OpenPage) -> None:
    page = open_page()
    begin(page, SLOW)
    expect(mark(page, 0, 1)).to_be_visible()
    page.get_by_role("button", name=SAY("close_sources")).click()
    answered(page)
    page.get_by_role("button", name=SAY("helpful"), exact=True).click()
    expect(page.locator("#pq-toast")).to_have_text(SAY("thanks"))
    expect(page.locator("#pq-sources")).to_be_hidden()


def test_a_vote_leaves_the_sources_that_are_looked_at(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, LETTUCES)
    ask(page, TOMATOES)
    mark(page, 0, 1).click()
    page.get_by_role("button", name=SAY("helpful"), exact=True).last.click()
    expect(page.locator("#pq-toast")).to_have_text(SAY("thanks"))
    expect(page.locator("#pq-which")).to_contain_text(LETTUCES)


def test_on_a_phone_the_sources_are_those_of_the_last_answer(open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    ask(page, LETTUCES)
    mark(page, 0, 1).tap()
    page.get_by_role("button", name=SAY("close_sources")).tap()
    ask(page, TOMATOES)
    page.locator("#pq-head [data-do=sources]").tap()
    expect(page.locator("#pq-which")).to_contain_text(TOMATOES)


def test_a_tablet_that_is_turned_can_be_used(open_page: OpenPage) -> None:
    page = open_page(viewport=TABLET)
    ask(page, LETTUCES)
    page.locator("#pq-turns [data-do=show]").click()
    expect(page.locator("#pq-veil")).to_be_visible()
    page.set_viewport_size({"width": 1024, "height": 768})
    expect(page.locator("#pq-veil")).to_be_hidden()
    expect(page.locator("#pq-sources")).to_be_visible()
    ask(page, TOMATOES)
    page.set_viewport_size({"width": 768, "height": 1024})
    expect(page.locator("#pq-sources")).to_be_hidden()
    ask(page, ZEBRAS)


def test_enter_says_that_the_answer_before_is_not_complete(open_page: OpenPage) -> None:
    page = open_page()
    begin(page, f"{LETTUCES} very slow")
    page.fill("#pq-box", TOMATOES)
    page.press("#pq-box", "Enter")
    expect(page.locator("#pq-status")).to_have_text(SAY("checking"))
    expect(page.locator("#pq-box")).to_have_value(TOMATOES)
    expect(page.locator(".pq-turn")).to_have_count(1)


# ---------------------------------------------------------------- loaded anew


def test_a_question_of_a_link_that_was_asked_is_a_chat_like_any_other(
    open_page: OpenPage, address: str
) -> None:
    page = open_page(url=f"{address}/#ask={quote(LETTUCES)}")
    press(page.locator("[data-do=ask-sent]"))
    answered(page)
    expect(page.locator("#pq-box")).to_be_focused()
    assert page.url == f"{address}/"
    ask(page, TOMATOES)
    test_browser.reload(page)
    expect(page.locator(".pq-question")).to_have_text([LETTUCES, TOMATOES])


def test_a_link_that_is_opened_beside_a_chat_shows_its_question(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, LETTUCES)
    page.evaluate("(ask) => { location.hash = new URLSearchParams({ ask }) }", TOMATOES)
    expect(page.locator(".pq-sent-question")).to_have_text(TOMATOES)
    expect(page.locator(".pq-turn")).to_have_count(0)
    page.get_by_role("button", name=SAY("saved_chats")).click()
    page.locator("#pq-list .pq-row", has_text=LETTUCES).click()
    expect(page.locator(".pq-question")).to_have_text(LETTUCES)


@pytest.mark.parametrize("screen", [{}, PHONE])
def test_a_chat_that_is_loaded_anew_stands_at_its_end_with_what_was_typed(
    open_page: OpenPage, screen: dict[str, Any]
) -> None:
    page = open_page(**screen)
    for question in (f"{LETTUCES} invent", "Who won the world cup?", TOMATOES):
        ask(page, question)
    page.fill("#pq-box", "half a question")
    test_browser.reload(page)
    expect(page.locator(".pq-question").last).to_be_in_viewport()
    expect(page.locator(".pq-question").first).not_to_be_in_viewport()
    expect(page.locator("#pq-box")).to_have_value("half a question")
    assert "Sow tomatoes" in ask(page, TOMATOES)
    test_browser.reload(page)
    expect(page.locator("#pq-box")).to_have_value("")


# ---------------------------------------------------------------- two tabs


def beside(page: Page, address: str) -> Page:
    """Another tab of the same browser, with the saved chat of `page`."""
    other = page.context.new_page()
    other.goto(address)
    expect(other.locator("#pq.pq-ready")).to_be_visible()
    other.get_by_role("button", name=SAY("saved_chats")).click()
    other.locator("#pq-list .pq-row").click()
    return other


def test_a_chat_that_goes_on_in_two_tabs_is_kept_twice(open_page: OpenPage, address: str) -> None:
    page = open_page()
    ask(page, LETTUCES)
    other = beside(page, address)
    ask(other, ZEBRAS)
    ask(page, TOMATOES)
    ask(other, "Who won the world cup?")
    kept = page.evaluate(
        "JSON.parse(localStorage['pullquote.talks'])"
        ".map(({ turns }) => turns.map(({ question }) => question))"
    )
    assert kept == [[LETTUCES, ZEBRAS, "Who won the world cup?"], [LETTUCES, TOMATOES]]


def test_a_chat_that_is_deleted_in_another_tab_is_not_kept_again(
    open_page: OpenPage, address: str
) -> None:
    page = open_page()
    ask(page, LETTUCES)
    other = beside(page, address)
    ask(other, ZEBRAS)  # which is no reason to close it here
    expect(page.locator(".pq-question")).to_have_text(LETTUCES)
    other.get_by_role("button", name=SAY("new_chat")).click()
    other.get_by_role("button", name=SAY("saved_chats")).click()
    other.locator("[data-do=drop-talk]").click()
    expect(page.locator(".pq-turn")).to_have_count(0)
    ask(page, TOMATOES)
    kept = page.evaluate("localStorage['pullquote.talks']")
    assert TOMATOES in kept
    assert LETTUCES not in kept
    act(page, "again")
    answered(page)
