"""The page as readers meet it, in a real Chromium."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from axe_core_python.sync_playwright import Axe
from fake_assistant import CLEANED, EVIL, LETTUCES, SPECIAL, serving
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from ui.render import REFUSED
from ui.texts import load_texts

_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
_CHROMIUM = shutil.which("chromium")
_REQUIRED = os.environ.get("PULLQUOTE_REQUIRE_BROWSER") == "1"  # noqa: TID251 - a test's own
PHONE: dict[str, Any] = {
    "viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True,
}  # fmt: skip
HAND: dict[str, Any] = {**PHONE, "viewport": {"width": 390, "height": 844}}
SAY = load_texts().say
TOM = "How many posts by Tom Baker?"
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
    expect.set_options(timeout=20_000)  # a machine may be busy with other things
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    kept = {"keep_feedback": True, "keep_questions": True, "keep_days": 30}
    with serving(**kept, old_years=5) as (address, _):
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
        expect(page.locator("#pq.pq-ready")).to_be_visible()
        return page

    yield open_one
    before = list(wrong)  # what Gradio says of requests that end with their page is no mistake
    for context in contexts:
        context.close()
    foreign = [url for url in asked if urlsplit(url).scheme in ("http", "https", "ws", "wss")]
    foreign = [url for url in foreign if urlsplit(url).hostname != "127.0.0.1"]
    assert asked
    assert not foreign
    assert not before


def begin(page: Page, question: str) -> None:
    page.fill("#pq-box", question)
    page.press("#pq-box", "Enter")
    expect(page.locator("#pq-stop")).to_be_visible()


def ask(page: Page, question: str) -> str:
    """The text of the answer."""
    page.fill("#pq-box", question)
    page.press("#pq-box", "Enter")
    expect(page.locator(".pq-question").last).to_have_text(" ".join(question.split()))
    expect(page.locator("#pq-send")).to_be_visible(timeout=20_000)
    return page.locator(".pq-answer").last.inner_text()


def settled(page: Page) -> None:
    """Wait until nothing that the page has asked for is under way.

    The page can show the last of an answer before its stream is closed, and Gradio says of a
    stream that ends with its page that the connection was lost. The browser lists a request
    when it is over.
    """
    expect(page.locator("#pq-line")).not_to_be_empty()
    for _ in range(100):
        over = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
        asked, ended = (sum(f"/queue/{one}" in name for name in over) for one in ("join", "data"))
        if ended >= asked:
            break
        page.wait_for_timeout(50)


def reload(page: Page) -> None:
    settled(page)
    page.reload()


def mark(page: Page, turn: int, number: int) -> Locator:
    return page.locator(f".pq-mark[data-turn='{turn}'][data-number='{number}']")


def act(page: Page, action: str) -> None:
    page.locator(f".pq-turn [data-do={action}]").last.click()


# ---------------------------------------------------------------- an answer and its sources


def lands(post: Page) -> None:
    """Wait until the page has scrolled to the words; its policy forbids a condition in a string."""
    post.wait_for_load_state()
    for _ in range(100):
        if post.evaluate("scrollY") > 500:
            return
        post.wait_for_timeout(50)
    raise AssertionError("the page has not scrolled")


def test_an_answer_streams_and_its_marker_leads_to_the_words_in_the_post(
    open_page: OpenPage,
) -> None:
    page = open_page()
    begin(page, f"{LETTUCES} slow")
    expect(mark(page, 0, 1)).to_be_visible()
    expect(page.locator(".pq-going")).to_have_text(SAY("checking"))
    expect(mark(page, 0, 2)).to_have_count(0)
    expect(page.locator("#pq-status")).to_contain_text("three of forty lettuces")
    expect(page.locator("#pq-send")).to_be_visible(timeout=20_000)
    expect(page.locator("#pq-status")).to_contain_text(SAY("answer_complete"))

    chosen = mark(page, 0, 2)
    expect(chosen).to_have_attribute("aria-label", "Source 2: Slugs without pellets › Results")
    chosen.click()
    quote = page.locator("#pq-source-2")
    expect(quote).to_be_focused()
    expect(quote).to_be_in_viewport()
    expect(quote.locator("mark")).to_have_text(QUOTE)
    expect(page.locator(".pq-card.pq-now h3")).to_have_text("Slugs without pellets› Results")
    expect(page.locator(".pq-card.pq-now .pq-facts")).to_have_text(
        re.compile(r"^1 March 2023 \(\d+ years? ago\) · Tom Baker$")
    )
    with page.context.expect_page() as opening:
        quote.locator("a.pq-link").click()
    post = opening.value
    lands(post)
    expect(post.locator("p", has_text=QUOTE)).to_be_in_viewport()
    assert unquote(urlsplit(post.url).path) == "/site/slugs-without-pellets/"
    assert post.evaluate("'fragmentDirective' in document")
    assert post.evaluate("window.opener") is None


def test_a_marker_shows_its_quote_on_hover_and_on_focus(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, LETTUCES)
    pop = page.locator("#pq-pop")
    mark(page, 0, 2).hover()
    expect(pop).to_contain_text(QUOTE)
    pop.hover()
    page.wait_for_timeout(400)
    expect(pop).to_be_visible()
    page.mouse.move(5, 5)
    expect(pop).to_be_hidden()
    page.locator("#pq-scroll").focus()
    page.keyboard.press("Tab")
    expect(mark(page, 0, 1)).to_be_focused()
    expect(pop).to_contain_text("three of forty")
    expect(mark(page, 0, 1)).to_have_attribute("aria-describedby", "pq-pop")
    page.keyboard.press("Escape")
    expect(pop).to_be_hidden()
    expect(mark(page, 0, 1)).to_be_focused()


def test_the_keyboard_alone_is_enough(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.locator("#pq-box")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("/")
    expect(page.locator("#pq-box")).to_be_focused()
    expect(page.locator("#pq-box")).to_have_value("")
    ask(page, LETTUCES)
    mark(page, 0, 1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#pq-source-1")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#pq-source-1 a.pq-link")).to_be_focused()
    page.keyboard.press("Escape")
    expect(mark(page, 0, 1)).to_be_focused()


def test_markers_of_an_earlier_answer_bring_its_sources_back(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, LETTUCES)
    ask(page, "When to sow tomatoes?")
    expect(page.locator("#pq-which")).to_contain_text("When to sow tomatoes?")
    mark(page, 0, 1).click()
    expect(page.locator("#pq-which")).to_contain_text(LETTUCES)
    expect(page.locator("#pq-source-1 mark")).to_contain_text("three of forty")


def test_the_head_stays_however_long_the_conversation_is(open_page: OpenPage) -> None:
    page = open_page()
    for question in (f"{LETTUCES} invent", "Who won the world cup?", "When to sow tomatoes?"):
        ask(page, question)
    expect(page.locator("#pq-scroll")).not_to_have_js_property("scrollTop", 0)
    box = page.locator("#pq-head").bounding_box()
    assert box
    assert (box["x"], box["y"]) == (0, 0)
    for whole in ("#pq", "#pq-body"):
        assert page.locator(whole).evaluate("(one) => one.scrollHeight - one.clientHeight") == 0


def test_a_question_without_end_leaves_room_for_the_rest(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, f"world cup {'x' * 1900}")
    for clamped in ("#pq-which small", ".pq-searched p"):
        box = page.locator(clamped).bounding_box()
        assert box
        assert box["height"] < 80


def test_damaged_and_old_sources_say_so(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "heap warm below snow compost winter")
    badges = page.locator(".pq-card", has_text="Compost in winter").locator(".pq-badge")
    expect(badges.first).to_have_text(
        "Recovered from plain text that lost its tags; text may be missing."
    )
    expect(badges.last).to_have_text(re.compile(r"^Old: last changed \d+ years ago$"))


def test_a_refusal_offers_the_nearest_sections(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_role("button", name="Who won the world cup?").click()
    expect(page.locator(".pq-refused")).to_have_text(REFUSED, timeout=20_000)
    expect(page.locator(".pq-searched")).to_contain_text("“Who won the world cup?”")
    link = page.locator(".pq-near a").first
    assert (link.get_attribute("href") or "").startswith("http://127.0.0.1")
    assert link.get_attribute("target") == "_blank"
    assert "noopener" in (link.get_attribute("rel") or "")
    expect(page.locator("#pq-which")).to_contain_text(SAY("nearest"))


@pytest.mark.parametrize("screen", [{}, PHONE])
def test_why_nothing_is_answered_stands_above_the_nearest_sections(
    open_page: OpenPage, screen: dict[str, Any]
) -> None:
    page = open_page(**screen)
    told = ask(page, "Does Zaphod eat the lettuces?")
    parts = [SAY("refused"), "No post mentions “Zaphod”.", SAY("nearest_hint")]
    places = [told.index(part) for part in parts]
    assert places == sorted(places)
    assert told.count(parts[1]) == 1
    expect(page.locator("#pq-status")).to_contain_text(parts[1])


def test_what_was_checked_and_left_out_is_told_with_reasons(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, LETTUCES)
    expect(page.locator(".pq-checks")).to_contain_text("each one quoted word for word · none left")
    ask(page, f"{LETTUCES} invent")
    told = page.locator("details.pq-checks")
    others = SAY("others_quoted")
    expect(told.locator("summary")).to_have_text(re.compile(rf"checked · \d left out · {others}$"))
    told.locator("summary").click()
    expect(told.locator("q").first).to_have_text(CLEANED)


def test_sources_that_there_are_none_of_are_not_an_empty_space(open_page: OpenPage) -> None:
    page = open_page()
    begin(page, "please fail late")
    expect(page.locator("#pq-cards")).to_have_text("")  # nothing is known of them yet
    expect(page.locator(".pq-failure")).to_be_visible()
    expect(page.locator("#pq-cards")).to_have_text(SAY("no_sources"))
    assert serious(page) == []
    ask(page, LETTUCES)
    expect(page.locator("#pq-cards")).not_to_contain_text(SAY("no_sources"))


def test_rows_of_tables_are_not_told_to_be_quoted_word_for_word(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, LETTUCES)
    told = page.locator(".pq-checks")
    expect(told).to_contain_text(SAY("each_quoted"))
    kept = "JSON.parse(localStorage['pullquote.talks'])"
    page.evaluate(f"""() => {{
      const talks = {kept};
      talks[0].turns[0].answer.shown[0].lines[0][0].row = true;
      localStorage["pullquote.talks"] = JSON.stringify(talks);
    }}""")
    page.get_by_role("button", name=SAY("saved_chats")).click()
    page.locator("#pq-list .pq-row").click()
    expect(told).to_contain_text(SAY("each_quoted_rows"))


def test_a_filter_can_be_taken_off(open_page: OpenPage) -> None:
    page = open_page()
    both = f"{TOM[:-1]} in 2023?"
    assert "There is 1 post by Tom Baker from 2023." in ask(page, both)
    chips = page.locator(".pq-chip")
    expect(chips).to_have_count(2)
    expect(chips.first).to_have_text("Author: Tom Baker")
    page.get_by_role("button", name="Ask again without “Author: Tom Baker”").click()
    expect(chips).to_have_count(1)
    expect(page.locator(".pq-answer")).to_contain_text("There is 1 post from 2023.")
    chips.get_by_role("button").click()
    expect(page.locator(".pq-answer")).to_contain_text("There are 4 posts.")
    expect(chips).to_have_count(0)
    act(page, "again")
    expect(page.locator("#pq-send")).to_be_visible(timeout=20_000)
    expect(page.locator(".pq-answer")).to_contain_text("There are 4 posts.")
    expect(page.locator(".pq-question")).to_have_text([both])


def test_follow_ups_are_asked_with_a_click(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "When to sow tomatoes indoors before the last frost?")
    offer = page.locator(".pq-offers .pq-offer").first
    text = offer.inner_text()
    offer.click()
    expect(page.locator(".pq-question").last).to_have_text(text)
    expect(page.locator("#pq-send")).to_be_visible(timeout=20_000)


# ---------------------------------------------------------------- what can be done


def test_errors_are_told_and_the_chat_goes_on(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "please fail")
    told = page.locator(".pq-failure p")
    expect(told).to_have_text(["The model <b>m</b> did not answer.", "Start its server."])
    ask(page, "please crash")
    expect(told.nth(2)).to_have_text(SAY("broken"))
    assert "secret" not in page.content()
    assert QUOTE in ask(page, LETTUCES)


def test_stop_ends_an_answer_and_new_chat_all_of_it(open_page: OpenPage) -> None:
    page = open_page()
    begin(page, f"{LETTUCES} slow")
    expect(mark(page, 0, 1)).to_be_visible()
    page.locator("#pq-stop").click()
    expect(page.locator(".pq-answer")).to_contain_text(SAY("stopped"))
    expect(page.locator("#pq-send")).to_be_visible()
    expect(mark(page, 0, 1)).to_be_visible()

    begin(page, f"{LETTUCES} slow")
    expect(mark(page, 1, 1)).to_be_visible()
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_role("button", name="Who won the world cup?")).to_be_visible()
    page.wait_for_timeout(1500)
    expect(page.locator(".pq-turn")).to_have_count(0)
    expect(page.locator("#pq-sources")).to_be_hidden()
    assert QUOTE in ask(page, LETTUCES)


def test_a_question_is_asked_again_and_changed(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "please fail")
    act(page, "again")
    expect(page.locator(".pq-failure")).to_have_count(1)
    act(page, "edit")
    expect(page.locator("#pq-box")).to_have_value("please fail")
    expect(page.locator("#pq-editing")).to_be_visible()
    ask(page, LETTUCES)
    expect(page.locator(".pq-question")).to_have_text([LETTUCES])
    expect(page.locator("#pq-editing")).to_be_hidden()


def test_the_foot_of_the_page_is_not_behind_the_box(open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")
    for question in (LETTUCES, "When to sow tomatoes?"):
        ask(page, question)
        foot, fading = page.evaluate("""() => {
          const [foot, form] = ["pq-foot", "pq-form"].map((id) => document.getElementById(id));
          const below = parseFloat(getComputedStyle(foot).paddingBottom);
          const fade = parseFloat(getComputedStyle(form, "::before").height);
          const [{ bottom }, { top }] = [foot, form].map((one) => one.getBoundingClientRect());
          return [bottom - below, top - fade];
        }""")
        assert foot <= fading
    top = page.locator("#pq-scroll").bounding_box()
    turn = page.locator(".pq-turn").last.bounding_box()
    assert top
    assert turn
    assert abs(top["y"] - turn["y"]) < 2


def test_a_question_that_is_too_long_is_told_and_not_cut(open_page: OpenPage) -> None:
    page = open_page()
    box, told = page.locator("#pq-box"), page.locator("#pq-long")
    fits = "🌱 " * 999 + "ab\n "  # 2,000 characters, and more of what JavaScript counts
    box.fill(fits)
    expect(told).to_have_text("")
    expect(told).to_be_hidden()
    box.fill(fits + "c")
    page.keyboard.press("End")
    page.keyboard.type("d")
    said = SAY("question_long", most="2,000", n="2,003")
    expect(told).to_have_text(said)
    expect(box).to_have_value(f"{fits}cd")
    expect(box).to_have_attribute("aria-invalid", "true")
    assert serious(page) == [], "told of a question that is too long"
    page.keyboard.press("Enter")
    expect(page.locator("#pq-status")).to_have_text(said)
    page.locator("#pq-send").click()
    expect(page.locator(".pq-turn")).to_have_count(0)
    expect(box).to_have_value(f"{fits}cd")
    assert QUOTE in ask(page, LETTUCES)
    expect(told).to_be_hidden()


def test_escape_leaves_the_question_that_is_being_changed(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, LETTUCES)
    box, editing = page.locator("#pq-box"), page.locator("#pq-editing")
    for draft in ("", "half a question"):
        box.fill(draft)
        act(page, "edit")
        expect(box).to_have_value(LETTUCES)
        act(page, "edit")  # which keeps what stood there before
        page.keyboard.press("Escape")
        expect(editing).to_be_hidden()
        expect(box).to_have_value(draft)
        expect(box).to_be_focused()
    act(page, "edit")
    editing.get_by_role("button", name=SAY("cancel")).click()
    expect(box).to_have_value("half a question")
    act(page, "edit")
    page.get_by_role("button", name=SAY("saved_chats")).click()
    page.keyboard.press("Escape")  # leaves the dialog alone
    expect(page.locator("#pq-talks")).to_be_hidden()
    expect(editing).to_be_visible()
    page.keyboard.press("Escape")
    ask(page, "When to sow tomatoes?")
    expect(page.locator(".pq-question")).to_have_text([LETTUCES, "When to sow tomatoes?"])


def test_an_answer_is_copied_as_markdown_with_footnotes(open_page: OpenPage, address: str) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    ask(page, LETTUCES)
    act(page, "copy")
    expect(page.locator("#pq-toast")).to_contain_text("footnotes")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "[^2] *Quoted*" in copied
    assert f"[^2]: [Slugs without pellets › Results](<{address}/site/slugs" in copied


def test_a_shared_link_is_asked_only_after_a_click(open_page: OpenPage, address: str) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    question = f"{LETTUCES} <b>&#?"
    ask(page, question)
    act(page, "share")
    expect(page.locator("#pq-toast")).to_contain_text("Link copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{address}/#ask=")
    other = open_page(url=link)
    expect(other.locator(".pq-sent-question")).to_have_text(question)
    other.wait_for_timeout(500)
    expect(other.locator(".pq-turn")).to_have_count(0)
    other.locator("[data-do=ask-sent]").click()
    expect(other.locator(".pq-question")).to_have_text(question)
    expect(mark(other, 0, 1)).to_be_visible(timeout=20_000)


def test_a_linked_question_that_is_too_long_is_told_and_not_cut(
    open_page: OpenPage, address: str
) -> None:
    long = f"{'🌱 ' * 1000}{LETTUCES}"
    page = open_page(url=f"{address}/#ask={quote(long)}")
    card, told = page.locator(".pq-sent"), SAY("question_long", most="2,000", n="2,040")
    expect(page.locator(".pq-sent-question")).to_have_text(long)
    expect(card.locator(".pq-long")).to_have_text(told)
    expect(card.locator("[data-do=ask-sent]")).to_have_count(0)
    assert serious(page) == [], "sent a question that is too long"
    card.locator("[data-do=edit-sent]").click()
    expect(page.locator("#pq-box")).to_be_focused()
    expect(page.locator("#pq-box")).to_have_value(long)
    expect(page.locator("#pq-long")).to_have_text(told)
    page.keyboard.press("Enter")
    expect(page.locator(".pq-turn")).to_have_count(0)
    assert QUOTE in ask(page, LETTUCES)
    fits = open_page(url=f"{address}/#ask={quote('🌱 ' * 999 + 'ab')}")  # 2,000 characters
    expect(fits.locator("[data-do=ask-sent]")).to_be_visible()
    expect(fits.locator(".pq-sent .pq-long")).to_have_count(0)


def test_conversations_are_saved_opened_exported_and_deleted(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, LETTUCES)
    ask(page, "zebras stripes food")
    reload(page)
    expect(page.locator(".pq-question")).to_have_text([LETTUCES, "zebras stripes food"])
    page.get_by_role("button", name="New chat").click()
    page.get_by_role("button", name="Saved chats").click()
    page.locator("#pq-list .pq-row", has_text=LETTUCES).click()
    expect(mark(page, 0, 2)).to_be_visible()
    page.get_by_role("button", name="Saved chats").click()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export this chat").click()
    text = downloading.value.path().read_text(encoding="utf-8")
    assert "## How many lettuces did the bare bed lose\\?" in text
    assert "[^1-2]: [Slugs without pellets › Results]" in text
    assert "[^2-1]: " in text
    assert "<script>" not in text
    sure = page.locator("#pq-sure")
    page.locator("[data-do=forget-all]").click()
    expect(sure).to_contain_text(SAY("delete_all_sure"))
    assert serious(page) == [], "asked whether to delete all"
    sure.get_by_role("button", name=SAY("cancel")).click()
    expect(page.locator("#pq-list .pq-row")).to_have_count(1)
    page.locator("[data-do=forget-all]").click()
    sure.get_by_role("button", name=SAY("delete_all")).click()
    expect(page.locator("#pq-list")).to_have_text(SAY("no_saved"))
    page.keyboard.press("Escape")
    expect(page.locator("#pq-talks")).to_be_hidden()
    expect(page.locator(".pq-turn")).to_have_count(0)
    assert page.evaluate("localStorage.getItem('pullquote.talks')") == "[]"
    ask(page, "When to sow tomatoes?")
    kept = page.evaluate("localStorage.getItem('pullquote.talks')")
    assert "When to sow tomatoes?" in kept
    assert LETTUCES not in kept


def test_a_chat_that_is_deleted_while_it_is_open_is_gone(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, LETTUCES)
    page.get_by_role("button", name="New chat").click()
    ask(page, "zebras stripes food")
    page.get_by_role("button", name="Saved chats").click()
    page.get_by_role("button", name=f"Delete: {LETTUCES}").click()
    expect(page.locator("#pq-list .pq-row")).to_have_count(1)
    expect(page.locator(".pq-question")).to_have_text("zebras stripes food")  # another one stays
    page.get_by_role("button", name="Delete: zebras stripes food").click()
    expect(page.locator("#pq-list")).to_have_text(SAY("no_saved"))
    page.keyboard.press("Escape")
    expect(page.locator(".pq-turn")).to_have_count(0)
    ask(page, "When to sow tomatoes?")
    reload(page)
    expect(page.locator(".pq-question")).to_have_text(["When to sow tomatoes?"])
    kept = page.evaluate("localStorage.getItem('pullquote.talks')")
    assert "zebras" not in kept
    assert LETTUCES not in kept


def test_votes_are_sent_with_a_reason(open_page: OpenPage) -> None:
    page = open_page()
    sent: list[Any] = []
    page.on("request", lambda one: sent.append(one.post_data_json) if "/run/" in one.url else None)
    for kept in ("foot_votes_many", "foot_questions_many"):
        expect(page.locator("#pq-foot")).to_contain_text(SAY(kept, n=30))
    ask(page, LETTUCES)
    page.get_by_role("button", name=SAY("not_helpful"), exact=True).click()
    page.get_by_role("button", name=SAY("reason_wrong-source")).click()
    expect(page.locator("#pq-toast")).to_have_text(SAY("thanks"))
    down = page.get_by_role("button", name=SAY("not_helpful"), exact=True)
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".pq-reasons")).to_have_count(0)
    first, reason = [one["event_data"] for one in sent if "good" in (one["event_data"] or {})]
    assert first["id"] == reason["id"] != ""
    assert (first["reason"], reason["reason"]) == ("", "wrong-source")


def test_a_vote_that_does_not_arrive_is_not_thanked_for(browser: Browser, address: str) -> None:
    page = browser.new_page()  # failed requests are what this is about
    page.goto(address)
    ask(page, LETTUCES)
    page.route("**/gradio_api/run/**", lambda route: route.fulfill(status=500, json={}))
    page.get_by_role("button", name=SAY("not_helpful"), exact=True).click()
    expect(page.locator("#pq-toast")).to_have_text(SAY("broken"))
    expect(page.locator(".pq-reasons")).to_have_count(0)
    page.close()


def test_a_server_that_was_started_again_goes_on_where_the_old_one_was(
    browser: Browser,
) -> None:
    page = browser.new_page()  # failed requests are what this is about
    with serving() as (address, _):
        page.goto(address)
        expect(page.locator("#pq.pq-ready")).to_be_visible()
        page.evaluate("pullquote.pulse = 1500")
        begin(page, f"{LETTUCES} slow")
        expect(mark(page, 0, 1)).to_be_visible()
    expect(page.locator(".pq-failure")).to_contain_text(SAY("lost"), timeout=10_000)
    page.evaluate("window.before = true")
    with serving(port=urlsplit(address).port):
        page.wait_for_function("!window.before", timeout=30_000)  # Gradio loads the page anew
        expect(page.locator(".pq-failure")).to_contain_text(SAY("lost"))
        act(page, "again")
        expect(page.locator(".pq-failure")).to_have_count(0)
        expect(page.locator(".pq-checks")).to_be_visible(timeout=20_000)
        expect(mark(page, 0, 2)).to_be_visible()
    page.close()


def test_a_page_that_is_loaded_anew_keeps_what_was_being_asked(
    browser: Browser, address: str
) -> None:
    page = browser.new_page()  # Gradio says that its request ended with the page
    page.goto(address)
    expect(page.locator("#pq.pq-ready")).to_be_visible()
    begin(page, f"{LETTUCES} slow")
    page.reload()
    expect(page.locator(".pq-question")).to_have_text(f"{LETTUCES} slow")
    expect(page.locator(".pq-failure")).to_contain_text(SAY("lost"))
    act(page, "again")
    expect(page.locator(".pq-checks")).to_be_visible()
    page.close()


# ---------------------------------------------------------------- strangers


def test_a_hostile_post_is_only_text(open_page: OpenPage) -> None:
    page = open_page()
    question = "zebras stripes food <b>x</b> **y** $z$ ![i](http://evil.example/i) ${1} {{2}}"
    said = ask(page, question)
    assert f"Zebras wear stripes {EVIL} and {SPECIAL} in the wild." in said
    assert "![grass](http://evil.example/g)" in said
    expect(page.locator(".pq-question")).to_have_text(question)
    expect(page.locator("#pq-cards h3 > span").first).to_have_text(f"Zebras {EVIL} {SPECIAL}")
    expect(page.locator("#pq-cards").get_by_text(SAY("no_address")).first).to_be_visible()
    assert page.title() == "Ask garden.example"
    for strange in ("img", "script", "b", "code", "a[href^=javascript]"):
        expect(page.locator(f":is(#pq-turns, #pq-sources) {strange}")).to_have_count(0)
    reload(page)  # what was saved is text as well
    expect(page.locator(".pq-question")).to_have_text(question)
    assert page.title() == "Ask garden.example"


# ---------------------------------------------------------------- everybody


def serious(page: Page) -> list[str]:
    found = Axe().run(page)["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("screen", [{}, HAND], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_assistive_software(
    open_page: OpenPage, tmp_path: Path, scheme: str, screen: dict[str, Any]
) -> None:
    page = open_page(color_scheme=scheme, reduced_motion="reduce", **screen)

    def look(state: str) -> None:
        page.screenshot(path=tmp_path / f"{state}.png")
        assert serious(page) == [], state

    assert page.evaluate("document.documentElement.lang") == "en"
    look("empty")
    begin(page, f"{LETTUCES} slow")
    expect(mark(page, 0, 1)).to_be_visible()
    look("answering")
    expect(page.locator("#pq-send")).to_be_visible(timeout=20_000)
    mark(page, 0, 1).click()
    look("card open")
    page.keyboard.press("Escape")
    mark(page, 0, 2).focus()
    page.keyboard.press("Shift+Tab")  # whose quote is shown to whoever comes by keyboard
    expect(page.locator("#pq-pop")).to_be_visible()
    look("quote shown")
    ask(page, f"{LETTUCES} invent")
    page.locator("details.pq-checks summary").click()
    page.get_by_role("button", name=SAY("not_helpful"), exact=True).last.click()
    expect(page.locator(".pq-reasons")).to_be_visible()
    look("answered, with a vote")
    for state in ("Who won the world cup?", "How many posts by Tom Baker?", "please fail"):
        ask(page, state)
        look(state.rstrip("?"))
    act(page, "edit")
    look("changing a question")
    page.get_by_role("button", name="Saved chats").click()
    look("saved")


def test_light_and_dark_differ_and_can_be_chosen(open_page: OpenPage) -> None:
    ground = "getComputedStyle(document.getElementById('pq')).backgroundColor"
    dark = open_page(color_scheme="dark")
    light = open_page(color_scheme="light")
    assert dark.evaluate(ground) != light.evaluate(ground)
    light.get_by_role("button", name=SAY("light_or_dark")).click()
    assert light.evaluate(ground) == dark.evaluate(ground)
    reload(light)
    expect(light.locator("#pq.pq-ready")).to_be_visible()
    assert light.evaluate(ground) == dark.evaluate(ground)


def test_a_phone_is_wide_enough_and_shows_sources_as_a_sheet(open_page: OpenPage) -> None:
    page = open_page(**PHONE, reduced_motion="reduce")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    for question in (f"{LETTUCES} invent", "zebras stripes food", "Who won the world cup?"):
        ask(page, question)
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        assert page.evaluate("document.getElementById('pq-scroll').scrollWidth") <= 320
    expect(page.locator("#pq-line")).to_be_hidden()  # there is no room
    expect(page.locator("#pq-foot")).to_contain_text(
        re.compile(r"^4 posts of .*, as of .* 20\d\d\. ")
    )
    expect(page.locator("#pq-sources")).to_be_hidden()
    mark(page, 0, 1).tap()
    expect(page.locator("#pq-source-1")).to_be_in_viewport()
    assert page.evaluate("document.getElementById('pq-talk').inert")
    assert serious(page) == []
    page.get_by_role("button", name=SAY("close_sources")).tap()
    expect(page.locator("#pq-sources")).to_be_hidden()
    expect(mark(page, 0, 1)).to_be_focused()
    assert serious(page) == []


@pytest.mark.parametrize(
    ("width", "height"), [(360, 740), (640, 400), (1280, 800), (3840, 2160)]
)  # 640 x 400 is a laptop at 200 %
def test_it_fits_every_screen(open_page: OpenPage, tmp_path: Path, width: int, height: int) -> None:
    page = open_page(viewport={"width": width, "height": height})
    ask(page, f"{LETTUCES} invent")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for name in ("#pq-send", "#pq-box", ".pq-mark >> nth=0"):
        expect(page.locator(name)).to_be_in_viewport()
    small = page.evaluate(
        "[...document.querySelectorAll('#pq button, #pq a:not(.pq-skip)')]"
        ".filter((one) => one.checkVisibility()"
        " && (one.offsetHeight < 24 || one.offsetWidth < 24)).map((one) => one.outerHTML)"
    )
    assert small == []
    page.screenshot(path=tmp_path / f"{width}.png")


def test_another_language_turns_the_page_around(open_page: OpenPage, tmp_path: Path) -> None:
    own = tmp_path / "he.json"
    own.write_text('{"ask": "שאל", "sources": "מקורות"}', encoding="utf-8")
    wanted: dict[str, Any] = {
        "page_language": "he",
        "page_texts": own,
        "site_name": "גן",
        "site_colour": "#ffcc00",
    }
    with serving(**wanted) as (address, _):
        page = open_page(url=address)
        assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
            "he",
            "rtl",
        ]
        ask(page, LETTUCES)
        expect(page.locator("#pq-send")).to_have_text("שאל")
        panel, talk = page.locator("#pq-sources"), page.locator("#pq-talk")
        left, right = panel.bounding_box(), talk.bounding_box()
        assert left
        assert right
        assert left["x"] + left["width"] <= right["x"]
        expect(page.locator(".pq-actions [data-do=vote]")).to_have_count(0)
        title, heading = (
            page.evaluate("""() => [".pq-card h3 > span", ".pq-path > span"].map((one) =>
          document.querySelector(one).getBoundingClientRect().right)""")
        )
        assert 0 <= title - heading < 30  # both begin where lines do
        ask(page, TOM)
        words, cross = page.evaluate("""() => {
          const range = document.createRange();
          range.selectNodeContents(document.querySelector(".pq-chip > span"));
          const cross = document.querySelector(".pq-chip svg").getBoundingClientRect();
          return [range.getBoundingClientRect().left, cross.right];
        }""")
        assert cross < words
        assert serious(page) == []
        settled(page)
        page.close()


def test_the_page_says_who_reads_along_before_anything_is_asked(open_page: OpenPage) -> None:
    with serving(chat_model="openai:gpt-4o-mini") as (address, _):
        page = open_page(url=address)
        foot = page.locator("#pq-foot")
        expect(foot).to_contain_text(SAY("foot_model", model="openai:gpt-4o-mini"))
        expect(foot).to_be_in_viewport()
        settled(page)
        page.close()


def test_an_empty_index_says_what_to_do(open_page: OpenPage) -> None:
    with serving("empty") as (address, _):
        page = open_page(url=address)
        expect(page.locator("#pq-empty")).to_contain_text("pullquote ingest")
        expect(page.locator("#pq-line")).to_contain_text("0 posts")
        assert REFUSED in ask(page, LETTUCES)
        assert serious(page) == []
        settled(page)
        page.close()
