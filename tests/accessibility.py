"""What assistive software is told of a page: Chromium's own tree of roles and names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from playwright.sync_api import Page

CONTROLS = frozenset(
    "button link textbox searchbox combobox checkbox radio option DisclosureTriangle tab slider "
    "switch menuitem".split()
)
_NAMED = CONTROLS | {
    "region", "navigation", "complementary", "dialog", "article", "heading", "image", "img",
}  # fmt: skip
_LANDMARKS = ("region", "navigation", "complementary", "search")


@dataclass(frozen=True, slots=True)
class Node:
    """Something that is told."""

    role: str
    name: str
    description: str
    properties: Mapping[str, Any]
    around: tuple[str, ...]
    """The roles that it stands in, the outermost first."""


def told(page: Page) -> tuple[Node, ...]:
    """All that is told of a page, in the order in which it is read; shadow roots as well."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    by_id = {node["nodeId"]: node for node in nodes}

    def walk(id_: str, around: tuple[str, ...]) -> Iterator[Node]:
        node = by_id.get(id_)
        if node is None:
            return
        if not node.get("ignored"):
            made = _node(node, around)
            yield made
            around = (*around, made.role)
        for child in node.get("childIds", ()):
            yield from walk(child, around)

    return tuple(walk(nodes[0]["nodeId"], ()))


def faults(nodes: Sequence[Node], *, inside: str = "RootWebArea") -> list[str]:
    """What a screen reader would stumble over.

    Args:
        nodes: As `told` has them.
        inside: Only what stands in something of this role is looked at.
    """
    own = [node for node in nodes if inside in node.around]
    found = [f"{one.role} without a name" for one in own if one.role in _NAMED and not one.name]
    found += [f"{one.name!r} is said twice" for one in own
              if one.name and one.name == one.description]  # fmt: skip
    for role in _LANDMARKS:
        names = Counter(one.name for one in own if one.role == role)
        found += [f"{n} times {role} {name!r}" for name, n in names.items() if n > 1]
    levels = [int(one.properties["level"]) for one in own if one.role == "heading"]
    found += [f"a heading of level {after} behind one of {before}"
              for before, after in pairwise(levels)
              if after > before + 1]  # fmt: skip
    if inside == "RootWebArea":
        for what, number in (("main", 1), ("banner", 1)):
            is_there = sum(one.role == what for one in own)
            found += [] if is_there == number else [f"{is_there} times {what}"]
        first = levels.count(1)
        found += [] if first == 1 else [f"{first} headings of level 1"]
    return found


def named(nodes: Sequence[Node], role: str) -> list[str]:
    return [one.name for one in nodes if one.role == role]


ORDER = """(root) => {
  const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest("[inert]")
    && (one.closest("details:not([open])")?.querySelector("summary") ?? one) === one;
  const all = "a[href], button:enabled, textarea, input, select, summary, [tabindex='0']";
  return [...root.querySelectorAll(all)].filter(seen);
}"""


def out_of_order(page: Page, root: str = "document") -> list[str]:
    """What the Tab key does not reach in the order of the page, from its beginning to its end.

    Args:
        page: As it stands; the focus moves.
        root: JavaScript for what is looked at: a document, or a shadow root.
    """
    page.evaluate(f"window.stops = ({ORDER})({root}); window.reached = []")
    number = page.evaluate("stops.length")
    page.evaluate("stops[0].focus()")
    for _ in range(2 * number):  # what scrolls is reached as well, and is no control
        at = page.evaluate(
            f"(() => {{ const at = stops.indexOf({root}.activeElement);"
            " if (at >= 0) reached.push(at); return at; })()"
        )
        if at == number - 1:
            break
        page.keyboard.press("Tab")
    reached = page.evaluate("reached")
    if reached == list(range(number)):
        return []
    wrong = [at for at in range(number) if at not in reached] or reached
    found: list[str] = page.evaluate(
        "(wrong) => wrong.map((at) => stops[at].outerHTML.slice(0, 160))", wrong
    )
    return found


def _node(node: Mapping[str, Any], around: tuple[str, ...]) -> Node:
    def value(key: str) -> str:
        return str(node.get(key, {}).get("value", "")).strip()

    properties = {one["name"]: one["value"].get("value") for one in node.get("properties", ())}
    return Node(value("role"), value("name"), value("description"), properties, around)
