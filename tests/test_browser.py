"""The page as readers meet it, in a real Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from axe_core_python.sync_playwright import Axe
from fake_assistant import CLEANED, EVIL, LETTUCES, SPECIAL, serving
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ui.page.desk import EVERYWHERE
from ui.render import REFUSED

_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
_CHROMIUM = shutil.which("chromium")
_REQUIRED = os.environ.get("PULLQUOTE_REQUIRE_BROWSER") == "1"  # noqa: TID251 - a test's own
PHONE: dict[str, Any] = {
    "viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True,
}  # fmt: skip
QUOTE = "The bare bed lost twenty-two lettuces."

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not _CHROMIUM and not _REQUIRED, reason="there is no chromium on the search path"
    ),
]

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert _CHROMIUM, "PULLQUOTE_REQUIRE_BROWSER is set, and there is no chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as (address, _):
        yield address


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[OpenPage]:
    """Opens the page; nothing may be asked of another machine, and no script may fail."""
    asked: list[str] = []
    wrong: list[str] = []
    contexts = []

    def open_one(**options: Any) -> Page:
        chosen = {"viewport": {"width": 1280, "height": 800}, **options}
        url = chosen.pop("url", address)
        context = browser.new_context(**chosen)
        contexts.append(context)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.goto(url)
        expect(page.locator("#pq-box .submit-button")).to_be_visible()
        return page

    yield open_one
    for context in contexts:
        context.close()
    foreign = [url for url in asked if urlsplit(url).scheme in ("http", "https", "ws", "wss")]
    foreign = [url for url in foreign if urlsplit(url).hostname != "127.0.0.1"]
    assert asked
    assert not foreign
    assert not wrong


def begin(page: Page, question: str) -> None:
    page.fill("#pq-box textarea", question)
    page.press("#pq-box textarea", "Enter")
    expect(page.locator("#pq-box .stop-button")).to_be_visible()


def ask(page: Page, question: str) -> str:
    """The text of the answer."""
    begin(page, question)
    expect(page.locator("#pq-box .submit-button")).to_be_visible(timeout=20_000)
    page.wait_for_timeout(100)  # the page's own script names what has come
    return page.locator("#pq-chat [data-testid=bot]").last.inner_text()


def marker(page: Page, name: str) -> Any:
    return page.locator(f"#pq-chat a[href='#c-{name}']")


def test_a_filter_that_was_recognised_is_shown_and_can_be_taken_off(open_page: OpenPage) -> None:
    page = open_page()
    said = ask(page, "How many posts by Tom Baker?")
    assert "Searched in posts by Tom Baker." in said
    assert "There is 1 post by Tom Baker." in said
    page.get_by_role("button", name=EVERYWHERE).click()
    expect(page.locator("#pq-chat [data-testid=bot]")).to_have_count(2)
    expect(page.locator("#pq-box .submit-button")).to_be_visible(timeout=20_000)
    expect(page.locator("#pq-chat [data-testid=user]").last).to_have_text(
        "How many posts by Tom Baker?"
    )
    expect(page.locator("#pq-chat [data-testid=bot]").last).not_to_contain_text("Searched in posts")


def test_an_answer_streams_and_its_marker_leads_to_the_words_in_the_post(
    open_page: OpenPage,
) -> None:
    page = open_page()
    begin(page, f"{LETTUCES} slow")
    expect(marker(page, "0-1")).to_be_visible()
    expect(page.locator("#pq-chat")).to_contain_text("Checking the next sentence")
    expect(marker(page, "0-2")).to_have_count(0)
    expect(page.locator("#pq-box .submit-button")).to_be_visible(timeout=20_000)

    chosen = marker(page, "0-2")
    expect(chosen).to_have_attribute("aria-label", "Source 2: Slugs without pellets › Results")
    expect(chosen).to_have_attribute("title", QUOTE)
    chosen.click()
    quote = page.locator("#c-0-2")
    expect(quote).to_be_focused()
    expect(quote).to_be_in_viewport()
    expect(quote.locator("mark")).to_have_text(QUOTE)
    expect(page.locator(".pq-card.pq-open")).to_have_count(1)
    assert page.url.endswith("/")

    with page.context.expect_page() as opening:
        quote.locator("a.pq-link").click()
    post = opening.value
    post.wait_for_function("scrollY > 500")
    expect(post.locator("p", has_text=QUOTE)).to_be_in_viewport()
    assert unquote(urlsplit(post.url).path) == "/site/slugs-without-pellets/"
    assert post.evaluate("'fragmentDirective' in document")
    assert post.evaluate("window.opener") is None


def test_the_keyboard_alone_is_enough(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.locator("#pq-box textarea")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("/")
    expect(page.locator("#pq-box textarea")).to_be_focused()
    expect(page.locator("#pq-box textarea")).to_have_value("")
    ask(page, LETTUCES)
    marker(page, "0-1").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#c-0-1")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#c-0-1 a.pq-link")).to_be_focused()
    page.keyboard.press("Escape")
    expect(marker(page, "0-1")).to_be_focused()


def test_markers_of_an_earlier_answer_bring_its_sources_back(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, LETTUCES)
    ask(page, "When to sow tomatoes?")
    expect(page.locator("#c-0-1")).to_be_hidden()
    marker(page, "0-1").click()
    expect(page.locator("#c-0-1")).to_be_visible()
    expect(page.locator("#c-1-1")).to_be_hidden()
    ask(page, "And slugs?")
    expect(page.locator("#c-2-1")).to_be_visible()
    expect(page.locator("#c-0-1")).to_be_hidden()


def test_a_refusal_offers_the_nearest_sections(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_role("button", name="Who won the world cup?").click()
    expect(page.locator("#pq-chat")).to_contain_text(REFUSED, timeout=20_000)
    link = page.locator("#pq-chat li a").first
    assert (link.get_attribute("href") or "").startswith("http://127.0.0.1")
    assert link.get_attribute("target") == "_blank"
    assert "noopener" in (link.get_attribute("rel") or "")
    expect(page.locator("#pq-sources h2")).to_have_text("Nearest sections")


def test_what_was_left_out_is_one_click_away(open_page: OpenPage) -> None:
    page = open_page()
    assert "did not pass the check" in ask(page, f"{LETTUCES} invent")
    marker(page, "0-out").click()
    expect(page.locator("#pq-sources details q").first).to_be_visible()
    expect(page.locator("#pq-sources details q").first).to_have_text(CLEANED)


def test_errors_are_told_and_the_chat_goes_on(open_page: OpenPage) -> None:
    page = open_page()
    assert ask(page, "please fail").split("\n\n") == [
        "The model <b>m</b> did not answer.",
        "Start its server.",
    ]
    said = ask(page, "please crash")
    assert said.startswith("Something went wrong.")
    assert "secret" not in page.content()
    assert QUOTE in ask(page, LETTUCES)


def test_stop_ends_an_answer_and_new_chat_all_of_it(open_page: OpenPage) -> None:
    page = open_page()
    begin(page, f"{LETTUCES} slow")
    expect(marker(page, "0-1")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#pq-chat")).to_contain_text("Stopped.")
    expect(page.locator("#pq-box .submit-button")).to_be_visible()
    expect(marker(page, "0-1")).to_be_visible()

    begin(page, f"{LETTUCES} slow")
    expect(marker(page, "1-1")).to_be_visible()
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_role("button", name="Who won the world cup?")).to_be_visible()
    page.wait_for_timeout(1500)
    expect(page.locator("#pq-chat [data-testid=bot]")).to_have_count(0)
    expect(page.locator("#pq-sources")).to_have_text("The sources of an answer appear here.")
    assert QUOTE in ask(page, LETTUCES)


def test_a_hostile_post_is_only_text(open_page: OpenPage) -> None:
    page = open_page()
    question = "zebras stripes food <b>x</b> **y** $z$ ![i](http://evil.example/i)"
    said = ask(page, question)
    assert f"Zebras wear stripes {EVIL} and {SPECIAL} in the wild." in said
    assert "![grass](http://evil.example/g)" in said
    expect(page.locator("#pq-chat [data-testid=user]")).to_have_text(question)
    expect(page.locator("#pq-sources h3 > span").first).to_have_text(f"Zebras {EVIL} {SPECIAL}")
    assert page.title() == "Ask garden.example"
    for strange in ("img", "script", "b", "strong", "code", "a[href^=javascript]", ".katex"):
        expect(page.locator(f":is(#pq-chat .message, #pq-sources) {strange}")).to_have_count(0)


def serious(page: Page) -> list[str]:
    found = Axe().run(page)["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_assistive_software(open_page: OpenPage, scheme: str) -> None:
    page = open_page(color_scheme=scheme, reduced_motion="reduce")
    assert serious(page) == []
    ask(page, f"{LETTUCES} invent")
    marker(page, "0-1").click()
    assert serious(page) == []
    marker(page, "0-out").click()
    ask(page, "Who won the world cup?")
    assert serious(page) == []
    ask(page, "How many posts by Tom Baker?")
    assert serious(page) == []
    ask(page, "please fail")
    assert serious(page) == []
    expect(page.locator("#pq-status")).to_have_text("The answer is complete.")


def test_light_and_dark_differ(open_page: OpenPage) -> None:
    colours = {
        open_page(color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert len(colours) == 2


def test_a_phone_is_wide_enough(open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    page.wait_for_timeout(300)
    assert page.evaluate("[scrollY, document.activeElement.tagName]") == [0, "BODY"]
    for question in (f"{LETTUCES} invent", "zebras stripes food", "Who won the world cup?"):
        ask(page, question)
        assert page.evaluate("document.documentElement.scrollWidth") == 320
    marker(page, "0-1").tap()
    expect(page.locator("#c-0-1")).to_be_in_viewport()
    below = page.locator("#pq-sources").bounding_box()
    above = page.locator("#pq-talk").bounding_box()
    assert above
    assert below
    assert below["y"] >= above["y"] + above["height"]
    page.locator("#c-0-1 .pq-back").tap()
    expect(marker(page, "0-1")).to_be_in_viewport()
    assert serious(page) == []


def test_an_empty_index_says_what_to_do(open_page: OpenPage) -> None:
    with serving("empty") as (address, _):
        page = open_page(url=address)
        expect(page.locator("#pq-chat")).to_contain_text("pullquote ingest")
        expect(page.locator("#pq-foot")).to_contain_text("0 posts")
        assert REFUSED in ask(page, LETTUCES)
        assert serious(page) == []
        page.close()
