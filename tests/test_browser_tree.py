"""What a screen reader is told of the chat page, the widget and the owner's page."""

from __future__ import annotations

import test_browser
import test_browser_owner
import test_browser_widget
from accessibility import faults, named, out_of_order, told
from fake_assistant import LETTUCES, PASSWORD, serving
from playwright.sync_api import Browser, Page, expect
from test_browser import OpenPage, ask, begin, mark
from test_browser_owner import Opened
from test_browser_widget import opened as opened_widget
from widget_site import NAME

from rag.calibration import UNCALIBRATED

browser = test_browser.browser
address = test_browser.address
open_page = test_browser.open_page
seen = test_browser_owner.seen
addresses = test_browser_widget.addresses
open_widget = test_browser_widget.open_page
pytestmark = test_browser.pytestmark

SAY = test_browser.SAY
SHADOW = "document.querySelector('pullquote-widget').shadowRoot"
RESULTS = "Slugs without pellets › Results"
WOOL = "The bed with wool mulch lost three of forty lettuces."
BARE = "The bare bed lost twenty-two lettuces."
LISTEN = """(region) => {
  window.announced = [];
  window.listening?.disconnect();
  window.listening = new MutationObserver(() => announced.push(region.textContent));
  listening.observe(region, { childList: true, characterData: true, subtree: true });
}"""


def announced(page: Page) -> str:
    """All that the live region said, in one."""
    return " ".join(page.evaluate("announced"))


def listen(page: Page) -> None:
    page.locator("#pq-status").evaluate(LISTEN)


def test_the_chat_page_is_told_whole_in_every_state(open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")
    expect(page.locator(".pq-examples")).to_be_visible()
    empty = told(page)
    assert faults(empty) == []
    assert named(empty, "region") == [SAY("conversation")]
    assert named(empty, "textbox") == [SAY("your_question")]
    assert named(empty, "group") == [SAY("examples")]
    assert out_of_order(page) == []

    begin(page, f"{LETTUCES} slow")
    expect(mark(page, 0, 1)).to_be_visible()
    answering = told(page)
    assert faults(answering) == []
    assert SAY("stop") in named(answering, "button")
    assert SAY("ask") not in named(answering, "button")
    (status,) = (one for one in answering if one.role == "status")
    assert status.properties["live"] == "polite"

    expect(page.locator("#pq-send")).to_be_visible()
    answered = told(page)
    assert faults(answered) == []
    assert named(answered, "article")[0] == SAY("question_number", n=1)
    for number in (1, 2):
        source = SAY("source", n=number, place=RESULTS)
        assert source in named(answered, "button")
        assert source in named(answered, "group")
    assert RESULTS in named(answered, "heading")
    assert out_of_order(page) == []

    mark(page, 0, 1).click()
    card = told(page)
    assert faults(card) == []
    (focused,) = (one for one in card if one.properties.get("focused") and one.role == "group")
    assert focused.name == SAY("source", n=1, place=RESULTS)
    assert "complementary" in focused.around

    ask(page, "Who won the world cup?")
    refused = told(page)
    assert faults(refused) == []
    outward = [name for name in named(refused, "link") if name.startswith(RESULTS)]
    assert outward == [f"{RESULTS} {SAY('opens_tab')}"]
    assert out_of_order(page) == []

    page.get_by_role("button", name=SAY("saved_chats")).click()
    saved = told(page)
    assert faults(saved, inside="dialog") == []
    assert named(saved, "dialog") == [SAY("saved_chats")]


def test_an_answer_is_announced_once(open_page: OpenPage) -> None:
    page = open_page()
    listen(page)
    ask(page, f"{LETTUCES} slow")
    said = announced(page)
    assert [said.count(text) for text in (SAY("looking"), WOOL, BARE)] == [1, 1, 1]
    assert said.index(SAY("looking")) < said.index(WOOL) < said.index(BARE)
    assert said.endswith(f"{SAY('answer_complete')} {SAY('answer_sources_many', n=2)}")
    listen(page)
    ask(page, "Who won the world cup?")
    # What says why nothing is answered belongs to it.
    assert announced(page) == f"{SAY('looking')} {SAY('refused')} {UNCALIBRATED}"


def test_what_is_broken_off_is_not_announced_as_complete(open_page: OpenPage) -> None:
    page = open_page()
    listen(page)
    begin(page, f"{LETTUCES} slow")
    expect(mark(page, 0, 1)).to_be_visible()
    page.locator("#pq-stop").click()
    expect(page.locator("#pq-send")).to_be_visible()
    assert announced(page).endswith(SAY("stopped"))
    assert SAY("answer_complete") not in announced(page)
    listen(page)
    ask(page, "please fail")
    assert announced(page) == SAY("looking")
    assert "alert" in {one.role for one in told(page)}


def test_the_widget_is_told_whole_in_every_state(open_widget: OpenPage) -> None:
    page = open_widget()
    closed = told(page)
    (launch,) = (one for one in closed if one.role == "button")
    assert launch.name == SAY("ask_site", name=NAME)
    assert launch.properties["hasPopup"] == "dialog"
    opened_widget(page)
    expect(page.locator(".pq-examples")).to_be_visible()
    assert faults(told(page), inside="dialog") == []
    assert out_of_order(page, SHADOW) == []
    listen(page)
    page.fill("#pq-box", f"{LETTUCES} slow")
    page.press("#pq-box", "Enter")
    expect(page.locator(".pq-mark").first).to_be_visible()
    assert faults(told(page), inside="dialog") == []
    expect(page.locator("#pq-send")).to_be_visible()
    answered = told(page)
    assert faults(answered, inside="dialog") == []
    assert named(answered, "dialog") == [SAY("ask_site", name=NAME)]
    for number in (1, 2):
        source = SAY("source", n=number, place=RESULTS)
        assert source in named(answered, "link")
        assert source in named(answered, "group")
    # The third has no address to lead to, and is named as well.
    assert [one for one in named(answered, "image") if one.startswith("Source 3: Zebras")]
    said = announced(page)
    assert [said.count(text) for text in (SAY("looking"), WOOL, BARE)] == [1, 1, 1]
    assert said.endswith(f"{SAY('answer_complete')} {SAY('answer_sources_many', n=2)}")
    assert out_of_order(page, SHADOW) == []


def test_the_owners_page_is_told_whole(seen: Opened) -> None:
    page = seen.filled(reduced_motion="reduce")
    nodes = told(page)
    assert faults(nodes) == []
    assert named(nodes, "region") == [
        SAY(key) for key in ("own_index", "own_sync", "own_questions", "own_votes", "own_cases")
    ]
    buttons = [one for one in named(nodes, "button") if one.startswith(SAY("own_choose"))]
    assert len(buttons) == len(set(buttons)) == 7  # each names its question
    assert out_of_order(page) == []
    page.locator("#questions .make button").nth(1).click()
    expect(page.locator("#choose-list input").first).to_be_visible()
    chosen = told(page)
    assert faults(chosen, inside="dialog") == []
    assert named(chosen, "dialog") == [SAY("own_choose_head")]
    assert [one.properties["checked"] for one in chosen if one.role == "checkbox"]


def test_the_log_in_is_told_whole(browser: Browser) -> None:
    with serving("locked") as (address, _):
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        page.fill("#password", f"not {PASSWORD}")
        page.press("#password", "Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        nodes = told(page)
        assert [one for one in faults(nodes) if "banner" not in one] == []
        assert named(nodes, "textbox") == [SAY("door_password")]
        assert out_of_order(page) == []
        context.close()
