"""How far apart two words are spelt, and which words capital letters stand for."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from rag.text.sentences import STOP_WORDS

ENDING = 3  # letters that a stem lacks of its word, at most: "prototyp" of "prototypes"
AKIN = 4  # letters that words of one name have in common, at least
_FORMS = frozenset(
    ["", *"s es n ns an ans ian ians ese ish er ers ern ic ist ists ism i y".split()]
)
_BRACKETED = regex.compile(r"\((\p{Lu}[\p{Lu}\p{N}&]{1,8})s?\)")
_CAPITALS = regex.compile(r"(?<!\w)\p{Lu}[\p{Lu}\p{N}&]{1,8}(?!\w)")
_RUN = regex.compile(r"\w+")
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}’'-]*")
_BEFORE = 120  # characters before a bracket in which its words stand
_SMALL = frozenset("a an and as at but by for from in nor of on or the to with".split())
_NAME = regex.compile(r"(?<![\p{L}\p{N}'’])\p{L}[\p{L}\p{M}\p{N}]*(?:[.&-][\p{L}\p{N}]+)*")
_BEGINS = regex.compile(r"(?:^|[.?!:;…\"“‘(])\s*$")
_SHORT = 3  # words; of so few all may be names
# How words are written in Britain, and in America.
_ATLANTIC = (
    ("ise", "ize"), ("isa", "iza"), ("isi", "izi"), ("yse", "yze"), ("our", "or"), ("tre", "ter"),
    ("ence", "ense"), ("ogue", "og"),
)  # fmt: skip
_PARTS = regex.compile(r"[-’']")
_MADE_OF_TWO = 9  # letters of a word that may be a compound


def distance(word: str, other: str, most: int) -> int:
    """Letters inserted, left out, exchanged, or swapped with their neighbour; above `most`: more.

    Optimal string alignment: Boytsov, 2011, https://doi.org/10.1145/1963190.1963191.
    """
    if abs(len(word) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        two_before, before, row = before, row, [i]
        for j, own in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != own))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == own:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def stem_distance(word: str, stem: str, most: int) -> int:
    """From the nearest beginning of a word to a stem: endings are cut off from stems."""
    return min(
        distance(word[:end], stem, most) for end in range(max(1, len(word) - ENDING), len(word) + 1)
    )


def same_start(word: str, other: str) -> bool:
    """Whether both begin with the same letter, or with the same two in another order."""
    return word[0] == other[0] or word[:2] == other[1::-1]


def tolerance(word: str) -> int:
    """How many letters of a word may be wrong for it to be known still."""
    return 0 if len(word) < 5 else 1 if len(word) < 9 else 2


def names_in(text: str) -> list[tuple[int, int]]:
    """Where words stand that are written as names: with a capital letter that no sentence begins.

    None where all words have one but those that titles leave small: there it says nothing. The
    first word of a sentence counts where it has a capital further on: "COBOL", "iPhone".
    """
    words = list(_NAME.finditer(text))
    capital = [match for match in words if match[0] != match[0].lower()]
    if len(words) > _SHORT and all(match in capital or match[0] in _SMALL for match in words):
        return []
    return [
        match.span()
        for match in capital
        if match[0][1:] != match[0][1:].lower() or not _BEGINS.search(text, 0, match.start())
    ]


def is_name(text: str, span: tuple[int, int]) -> bool:
    """Whether the word there is among those that `names_in` finds."""
    return any(start <= span[0] and span[1] <= end for start, end in names_in(text))


def are_akin(word: str, other: str) -> bool:
    """Whether one looks like a form of the other: "africa" and "africans"."""
    whole, part = (word, other) if len(word) > len(other) else (other, word)
    return len(part) >= AKIN and whole.startswith(part) and whole[len(part) :] in _FORMS


def other_spellings(word: str) -> list[str]:
    """A word in English as the other side of the Atlantic spells it: "demilitarised" zone."""
    both = ((b, a) for pair in _ATLANTIC for b, a in (pair, pair[::-1]))
    found = (word.replace(here, there) for here, there in both if here in word)
    return [one for one in dict.fromkeys(found) if one != word]


def spelled_in(text: str) -> list[tuple[str, str]]:
    """Capital letters that stand in brackets behind the words they stand for, and those words.

    "the Federal Election Commission (FEC)" gives ("FEC", "Federal Election Commission").
    """
    found = []
    for match in _BRACKETED.finditer(text):
        words = _words_for(match[1], text[max(0, match.start() - _BEFORE) : match.start()])
        if words:
            found.append((match[1], words))
    return found


def letters_in(text: str) -> list[str]:
    """What may be letters that stand for words: capitals, each once, in order."""
    found = [match[0] for match in _CAPITALS.finditer(text)]
    parts = [part for letters in found for part in letters.split("&") if len(part) > 1]
    return list(dict.fromkeys((*found, *parts)))


def phrases_in(text: str) -> list[str]:
    """Every run of words, in lower case, that letters may stand for, each once."""
    lower = text.lower()
    words = [match.span() for match in _RUN.finditer(lower)]
    return list(
        dict.fromkeys(
            lower[start:end]
            for i, (start, _) in enumerate(words)
            for _, end in words[i:]
            if end - start <= _BEFORE
        )
    )


def _words_for(letters: str, before: str) -> str:
    """The last words of a text whose first letters these are; empty where they are not."""
    wanted = regex.sub(r"[^\p{L}\p{N}]", "", letters).lower()
    words = list(_WORD.finditer(before.rstrip()))
    if not words or before.rstrip()[words[-1].end() :].strip(" \"“”'’("):
        return ""
    left, start = len(wanted), len(before)
    for word in reversed(words):
        initials = "".join(part[0] for part in _PARTS.split(word[0].lower()) if part)
        if wanted[:left].endswith(initials) and initials:
            left, start = left - len(initials), word.start()
        elif wanted[:left].endswith(initials[:1]):
            left, start = left - 1, word.start()
        elif word[0].lower() not in STOP_WORDS or start == len(before):
            return ""
        if left == 0:
            found = " ".join(before[start:].split())
            return found if len(found) > len(letters) and found[0].isupper() else ""
    return ""


def letters_of(letters: str, text: str) -> str:
    """Words of a text, one behind the other, that these capital letters may stand for, or nothing.

    Each word gives its first letter; a long one, which is often made of two, may give one more
    from its inside: "demilitarised zone" for "DMZ". Small words may stand between, and give theirs
    or not: "Department of Labor" for "DOL", and "DL".
    """
    words = list(_WORD.finditer(text))
    lower = [word[0].lower() for word in words]
    for first in range(len(words)):
        used = _spelled_from(letters.lower(), lower, first)
        if used:
            return text[words[first].start() : words[first + used - 1].end()]
    return ""


def _spelled_from(letters: str, words: Sequence[str], first: int) -> int:
    """How many words from `first` on spell the letters; 0: none do."""
    left, used = letters, 0
    for place in range(first, len(words)):
        word, following = words[place], words[place + 1 : place + 2]
        if word in STOP_WORDS and used:
            left = left[1:] if word[0] == left[0] and len(left) > 1 else left
            continue
        if word in STOP_WORDS or word[0] != left[0]:
            return 0
        inside = len(word) >= _MADE_OF_TWO and left[1:2] in word[2:]
        # The second letter is this word's only where the next one does not begin with it.
        taken = 2 if inside and following and following[0][0] != left[1:2] else 1
        left, used = left[taken:], used + 1
        if not left:
            return place + 1 - first if used > 1 else 0
    return 0
