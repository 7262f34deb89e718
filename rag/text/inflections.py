"""English words and what they may be forms of: "dives" of "dive", "skies" of "sky". By rule."""

from __future__ import annotations

import regex

_SHORTEST = 3  # letters of a word that has such forms
_VOWEL = regex.compile(r"[aeiouy]")
_ENDINGS = (  # and what stands in their place
    ("ies", ("y", "ie")),
    ("ied", ("y", "ie")),
    ("ves", ("f", "fe")),
    ("es", ("",)),
    ("s", ("",)),
    ("ed", ("", "e")),
    ("ying", ("ie",)),
    ("ing", ("", "e")),
)
_UNCOMMON = ("ies", "ied", "ves", "es", "ying")
_DOUBLED = regex.compile(r"(?<=[aeiou])([^aeiou])\1$")


def bases(word: str) -> frozenset[str]:
    """The words that one may be a plain form of, itself among them.

    Args:
        word: In lower case.
    """
    found = {word}
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and not word.endswith("ss"):
            stem = word[: -len(ending)]
            found |= {stem + own for own in instead}
            if ending in ("ed", "ing", "es"):
                found.add(_DOUBLED.sub(r"\1", stem))  # "planned", "buses"
    return frozenset(
        one for one in found if one == word or (len(one) >= _SHORTEST and _VOWEL.search(one))
    )


def uncommon_bases(word: str) -> list[str]:
    """Words that one may be a form of, and that no stemmer sees in it: "sky" of "skies".

    Args:
        word: In lower case.
    """
    return sorted(bases(word) - {word}) if word.endswith(_UNCOMMON) else []


def doers(word: str) -> list[str]:
    """Who or what does what a form of a verb says: "diver" of "dives" and "dived".

    Args:
        word: In lower case; a verb as it stands in the dictionary has none.
    """
    return [
        f"{one}{end}"
        for one in sorted(bases(word) - {word})
        for end in (("r",) if one.endswith("e") else ("er", "or"))
    ]


def holds(text: frozenset[str], words: frozenset[str]) -> bool:
    """Whether a text has each of some words in some form.

    Args:
        text: Its words, in lower case, with what they may be forms of.
        words: In lower case.
    """
    return all(not bases(word).isdisjoint(text) for word in words)
