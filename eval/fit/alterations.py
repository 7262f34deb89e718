"""Sentences with one thing changed, made by rule: what a judge learns to look at closely.

A claim is a sentence of an article, shortened or written otherwise in ways that keep what it says;
a false one has one thing changed in such a way that it no longer does. Rules know nothing of the
world, so a few of their claims are odd, and none of them is ever graded on.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

Change = tuple[str, int, int]
"""A changed text, and where in it the change stands, in characters."""

NUMBER = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})+(?![\w-])|(?<![\w.,-])\d+(?:\.\d+)?(?![\w,-])")
_YEAR = re.compile(r"\b1[5-9]\d\d\b|\b20[0-2]\d\b")
_MONTHS = (
    "January February March April May June July August September October November December"
).split()
_MONTH = re.compile(rf"\b(?:{'|'.join(_MONTHS)})\b")
NAME = re.compile(r"(?<=[a-z,;] )(?:[A-Z][\w’'-]+)(?: (?:of |the |de |van )?[A-Z][\w’'-]+){0,3}")
_VERB = re.compile(
    r"\b(?:is|are|was|were|can|could|will|would|has|have|had|did|does|do|should|must)\b(?! not)"
)
_NOT = re.compile(r"\b(?:not|never) |n[’']t\b")
_ABOUT = re.compile(r"\b(?:about|approximately|around|nearly|almost|roughly|up to|at least) (?=\d)")
_MAY = re.compile(r"\b(?:may|might|could) (?=[a-z]+)|\b(?:possibly|probably|perhaps|likely) ")
_ASIDE = re.compile(r" \([^()]*\)|\[[^\]]*\]")
_OPENING = re.compile(
    r"^(?:In|On|At|By|During|After|Before|Since|From|For) [^,]{3,40}, (?=[a-zA-Z])"
)
_LY = re.compile(r" (?:also|however|often|very|thus|then|therefore|[a-z]{3,}ly)(?= [a-z])")
_OPPOSITE = (
    "increase/decrease increased/decreased increasing/decreasing rose/fell higher/lower more/less "
    "larger/smaller largest/smallest before/after first/last early/late earlier/later north/south "
    "northern/southern east/west eastern/western above/below inside/outside open/closed "
    "opened/closed began/ended beginning/end started/stopped old/new older/younger oldest/youngest "
    "long/short longer/shorter longest/shortest high/low highest/lowest best/worst better/worse "
    "major/minor majority/minority many/few most/least maximum/minimum won/lost win/lose "
    "accepted/rejected allowed/banned supported/opposed support/oppose included/excluded "
    "including/excluding male/female men/women public/private internal/external urban/rural "
    "ancient/modern common/rare similar/different strong/weak same/different with/without "
    "always/never everywhere/nowhere buy/sell bought/sold gained/lost joined/left arrived/left "
    "success/failure successful/unsuccessful possible/impossible legal/illegal married/divorced "
    "winter/summer spring/autumn day/night morning/evening left/right top/bottom front/back "
    "positive/negative advantage/disadvantage friend/enemy victory/defeat peace/war rich/poor"
)
_QUANTITY = (
    "all/some every/no both/neither most/some half/all many/no some/no only/also "
    "million/billion thousand/million hundreds/thousands thousands/millions kilometres/miles "
    "kilometers/miles metres/feet meters/feet km/miles kg/pounds tonnes/pounds hours/days "
    "days/weeks weeks/months months/years years/decades decades/centuries minutes/hours "
    "percent/points two/three three/five four/six five/seven six/eight one/two seven/nine "
    "eight/ten twice/once first/second second/third"
)
_SMALL = "zero one two three four five six seven eight nine ten eleven twelve".split()


def shortened(text: str, chance: random.Random) -> str:
    """The same in fewer or other words; it still holds where the sentence does."""
    for pattern, often in ((_ASIDE, 0.7), (_OPENING, 0.3), (_LY, 0.4)):
        if chance.random() < often:
            text = pattern.sub("", text)
    if chance.random() < 0.4:
        text = re.sub(r"(?<![\w.,-])\d{1,2}(?![\w.,%-])", _in_words, text)
    if chance.random() < 0.3:
        text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    if chance.random() < 0.5:
        text = re.sub(r"(?<=\d) ?%", " percent", text)
    if chance.random() < 0.5:
        text = re.sub(rf"({'|'.join(_MONTHS)}) (\d{{1,2}})\b,?", r"\2 \1", text)
    text = text.strip()
    return text[:1].upper() + text[1:]


def altered(text: str, others: str, chance: random.Random) -> Change | None:
    """A sentence with one thing changed; None where no rule finds anything.

    Args:
        text: The sentence.
        others: Text of the same article, whose names and numbers are put in.
        chance: Picks the rule and the place.
    """
    rules: list[Callable[[str, str, random.Random], Change | None]] = [
        _number, _month, _name, _swap, _negation, _opposite, _quantity, _hedge,
    ]  # fmt: skip
    chance.shuffle(rules)
    for rule in rules:
        found = rule(text, others, chance)
        if found and found[0] != text:
            return found
    return None


def _in_words(match: re.Match[str]) -> str:
    number = int(match.group())
    return _SMALL[number] if 1 < number < len(_SMALL) else match.group()


def _put(text: str, match: re.Match[str], new: str) -> Change:
    return (
        text[: match.start()] + new + text[match.end() :],
        match.start(),
        match.start() + len(new),
    )


def _pick(pattern: re.Pattern[str], text: str, chance: random.Random) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return chance.choice(found) if found else None


def _number(text: str, others: str, chance: random.Random) -> Change | None:
    match = _pick(NUMBER, text, chance)
    if not match:
        return None
    old = match.group()
    if _YEAR.fullmatch(old):
        near = str(int(old) + chance.choice((-30, -11, -10, -3, -2, -1, 1, 2, 4, 10, 20)))
        known = [year for year in _YEAR.findall(others) if year != old]
    else:
        near = _other_number(old, chance)
        known = [n for n in NUMBER.findall(others) if n != old and not _YEAR.fullmatch(n)]
    return _put(text, match, chance.choice(known) if known and chance.random() < 0.5 else near)


def _other_number(old: str, chance: random.Random) -> str:
    if "." in old:
        return f"{float(old) * chance.choice((0.5, 1.3, 2, 10)):.{len(old.split('.')[1])}f}"
    value = int(old.replace(",", ""))
    new = max(0, round(value * chance.choice((0.1, 0.5, 0.8, 1.2, 1.5, 2, 10))))
    new = new if new != value else value + chance.choice((1, 2, 3))
    return f"{new:,}" if "," in old else str(new)


def _month(text: str, others: str, chance: random.Random) -> Change | None:
    match = _pick(_MONTH, text, chance)
    if not match or match.group() == "May":
        return None
    return _put(text, match, chance.choice([m for m in _MONTHS if m not in (match.group(), "May")]))


def _name(text: str, others: str, chance: random.Random) -> Change | None:
    match = _pick(NAME, text, chance)
    known = [name for name in NAME.findall(others) if name not in text]
    if not match or not known:
        return None
    return _put(text, match, chance.choice(known))


def _swap(text: str, others: str, chance: random.Random) -> Change | None:
    """Two names of the sentence in each other's places."""
    found = list(NAME.finditer(text))
    if len(found) < 2:
        return None
    place = chance.randrange(len(found) - 1)
    first, second = found[place], found[place + 1]
    middle = text[first.end() : second.start()]
    if first.group() == second.group() or middle in (" and ", ", ", " or "):
        return None
    new = f"{second.group()}{middle}{first.group()}"
    start = first.start()
    return text[:start] + new + text[second.end() :], start, start + len(new)


def _negation(text: str, others: str, chance: random.Random) -> Change | None:
    match = _pick(_NOT, text, chance)
    if match:
        return text[: match.start()] + text[match.end() :], match.start(), match.start() + 1
    match = _pick(_VERB, text, chance)
    return (
        _put(text, match, f"{match.group()} {chance.choice(('not', 'never'))}") if match else None
    )


def _pairs(words: str) -> dict[str, str]:
    both = [tuple(pair.split("/")) for pair in words.split()]
    return {a: b for a, b in both} | {b: a for a, b in both}


_TURNED = _pairs(_OPPOSITE)
_OTHERWISE = _pairs(_QUANTITY)
_TURNING = re.compile(rf"\b(?:{'|'.join(_TURNED)})\b")
_COUNTING = re.compile(rf"\b(?:{'|'.join(_OTHERWISE)})\b")


def _opposite(text: str, others: str, chance: random.Random) -> Change | None:
    match = _pick(_TURNING, text, chance)
    return _put(text, match, _TURNED[match.group()]) if match else None


def _quantity(text: str, others: str, chance: random.Random) -> Change | None:
    match = _pick(_COUNTING, text, chance)
    return _put(text, match, _OTHERWISE[match.group()]) if match else None


def _hedge(text: str, others: str, chance: random.Random) -> Change | None:
    about = _pick(_ABOUT, text, chance)
    if about:
        return _put(text, about, "exactly ")
    maybe = _pick(_MAY, text, chance)
    return (
        _put(
            text,
            maybe,
            "will " if maybe.group().strip() in ("may", "might", "could") else "certainly ",
        )
        if maybe
        else None
    )


def neighbours(sentences: Sequence[str], place: int, chance: random.Random) -> tuple[str, ...]:
    """A sentence with up to two beside it, as a writer points at them."""
    first = max(0, place - chance.choice((0, 0, 1)))
    last = min(len(sentences), place + 1 + chance.choice((0, 0, 1, 2)))
    return tuple(sentences[first:last])
