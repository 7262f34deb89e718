"""The page's own words, its colours and its logo."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ConfigError
from rag.settings import Settings
from ui.look import SCRIPTS, accents, contrast, head, logo
from ui.owner.page import SCRIPTS as OWNER
from ui.page.widget import SCRIPTS as WIDGET
from ui.texts import english, load_texts

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "ui" / "assets"
PLURALS = ("_one", "_many")


def sources() -> str:
    """All that may name a text: scripts, markup and the pages' own Python."""
    scripts = dict.fromkeys(SCRIPTS + WIDGET + OWNER)
    files = [ASSETS / one for one in (*scripts, "page.html", "owner.html")]
    files += [ROOT / "ui" / name for name in ("look.py", "copied.py")]
    for package in ("page", "owner", "doors"):
        files += sorted((ROOT / "ui" / package).glob("*.py"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def stem(key: str) -> str:
    return re.sub(r"_(one|many)$", "", key)


def test_every_text_that_is_named_is_in_the_catalog() -> None:
    text, known = sources(), english()
    said = re.findall(r'(?<!wire\.)\bsay\(\s*"([\w-]+)"', text)
    said += re.findall(r'data-(?:text|label|hint)="([\w-]+)"', text)
    assert len(said) > 40
    assert [key for key in said if key not in known] == []
    told = re.findall(r'\btold\("(\w+)"|\? "(own_\w+)" : "(own_\w+)"|\{(own_\w+)\}', text)
    assert [key for keys in told for key in keys if key and key not in known] == []
    counted = re.findall(r'\bcount\("(\w+)"', text)
    assert counted
    assert [k for k in counted for end in PLURALS if k + end not in known] == []


def test_every_text_of_the_catalog_is_used() -> None:
    text = sources()
    prefixes = set(re.findall(r"say\(`(\w+_)\$", text))
    assert prefixes == {"limit_", "reason_"}
    unused = [
        key
        for key in english()
        if f'"{stem(key)}"' not in text
        and f"{{{key}}}" not in text
        and not key.startswith(tuple(prefixes))
    ]
    assert unused == []


def test_the_guide_to_the_page_names_what_readers_can_do() -> None:
    guide = (ROOT / "docs" / "page.md").read_text(encoding="utf-8")
    texts = english()
    keys = [
        "stop",
        "stopped",
        "new_chat",
        "saved_chats",
        "export_chat",
        "delete_all",
        "show_in_post",
    ]
    keys += [key for key in texts if key.startswith("reason_")]
    assert [key for key in keys if f"*{texts[key]}*" not in " ".join(guide.split())] == []


def test_the_catalog_is_in_order_and_has_both_forms_of_what_is_counted() -> None:
    keys = list(english())
    assert keys == sorted(keys)
    forms = {stem(key) for key in keys if key.endswith(PLURALS)}
    assert all(f"{one}{end}" in keys for one in forms for end in PLURALS)
    assert all(text.strip() for text in english().values())


def test_readers_are_not_sent_the_owners_texts() -> None:
    sent, known = load_texts().of_readers, english()
    assert {"own_sync_now", "door_log_in"} <= set(known) - set(sent)
    readers = [*(ASSETS / one for one in dict.fromkeys(SCRIPTS + WIDGET)), ASSETS / "page.html"]
    text = "\n".join(file.read_text(encoding="utf-8") for file in readers)
    assert re.findall(r'"(?:own|door|copy)_\w+"', text) == []


def test_the_owners_pages_have_no_words_of_their_own() -> None:
    """All stand in the catalog, so that a site's language covers them."""
    markup = (ASSETS / "owner.html").read_text(encoding="utf-8")
    between = re.findall(r">([^<>]*[^\W\d_][^<>]*)<", markup)
    between += re.findall(r'(?:aria-label|title|placeholder)="([^"]*)"', markup)
    assert [one for one in between if not re.fullmatch(r"(\s|\{[\w-]+\})+", one)] == []
    for name in OWNER:
        script = re.sub(r"^\s*//.*$|\s//.*$", "", (ASSETS / name).read_text("utf-8"), flags=re.M)
        strings = re.findall(r'"([^"\n]*)"|`([^`]*)`', script)
        said = [re.sub(r"\$\{[^}]*\}", "", one or other) for one, other in strings]
        assert [
            one for one in said if re.search(r"[a-z]+ [a-z]+ [a-z]|[A-Z][a-z]+ [a-z]", one)
        ] == []


def test_a_language_takes_the_place_of_english_key_by_key(tmp_path: Path) -> None:
    own = tmp_path / "he.json"
    own.write_text(json.dumps({"ask": "שאל", "source": "מקור {n}: {place}"}), encoding="utf-8")
    texts = load_texts("he", own)
    assert texts.direction == "rtl"
    assert texts.say("ask") == "שאל"
    assert texts.say("source", n=3, place="a {n}") == "מקור 3: a {n}"
    assert texts.say("stop") == english()["stop"]
    assert load_texts("pt-BR").direction == "ltr"


def test_a_language_may_have_more_forms_of_what_is_counted(tmp_path: Path) -> None:
    own = tmp_path / "ar.json"
    forms = ("zero", "one", "two", "few", "many")
    given = {f"{key}_{form}": f"{form} {{n}}" for key in ("posts", "door_wait") for form in forms}
    own.write_text(json.dumps(given), encoding="utf-8")
    texts = load_texts("ar", own)
    assert {f"posts_{form}" for form in forms} <= set(texts.of_readers)
    said = [texts.count("door_wait", number) for number in (0, 1, 2, 3, 11)]
    assert said == ["zero 0", "one 1", "two 2", "many 3", "many 11"]
    waits = english()["door_wait_many"].replace("{n}", "2")
    assert load_texts().count("door_wait", 2) == waits


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"aks": "?"}', "has a text that the page does not use: 'aks'"),
        ('{"ask": "{who}"}', "has a gap that nothing fills"),
        ('{"ask_few": "?"}', "has a text that the page does not use: 'ask_few'"),
        ('{"posts_other": "{n}"}', "has a text that the page does not use: 'posts_other'"),
        ('{"posts_few": "{n} {who}"}', "has a gap that nothing fills"),
        ('{"ask": 1}', "holds something else than texts"),
        ("{", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_catalog_that_does_not_fit_is_refused(
    tmp_path: Path, content: str | None, problem: str
) -> None:
    file = tmp_path / "own.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(problem)):
        load_texts("fr", file)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast((255, 255, 255), (0, 0, 0)) == pytest.approx(21)
    assert contrast((9, 9, 9), (9, 9, 9)) == 1
    # WCAG's own example of what is just enough: #767676 on white.
    assert contrast((0x76, 0x76, 0x76), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_any_colour_can_be_read_on_light_and_dark(colour: str) -> None:
    def rgb(text: str) -> tuple[int, int, int]:
        r, g, b = (int(text[n : n + 2], 16) for n in (1, 3, 5))
        return r, g, b

    for accent, grounds in zip(accents(colour), (((255, 255, 255),), ((28, 32, 38),)), strict=True):
        for ground in (*grounds, rgb(accent.soft)):
            assert contrast(rgb(accent.ink), ground) >= 4.5


def test_a_logo_needs_no_request(tmp_path: Path) -> None:
    picture = tmp_path / "logo.svg"
    picture.write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert logo(picture).startswith("data:image/svg+xml;base64,")
    assert logo(None) == ""
    large = tmp_path / "large.png"
    large.write_bytes(bytes(100_001))
    for file in (large, tmp_path / "none.png", tmp_path / "logo.exe"):
        with pytest.raises(ConfigError, match=re.escape(str(file))):
            logo(file)


def test_no_name_or_text_can_end_the_script_that_holds_it(tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    evil = "</script><script>alert(1)</script>"
    own.write_text(json.dumps({"ask": evil}), encoding="utf-8")
    page = head(Settings(), load_texts("en", own), evil)
    assert evil not in page
    assert page.count("<script>") == page.count("</script>") == len(SCRIPTS) + 1
