"""Does a sentence say by itself what it is about, or does it lean on the one before it?

Word lists, for the beginnings of sentences in English, German, Spanish and French. A sentence in
another language counts as one that stands alone.
"""

from __future__ import annotations

from enum import StrEnum

import regex

_JOINS = (  # may stand in front of a subject
    r"however|but|so|and|also|therefore|thus|hence|instead(?! of)|otherwise|moreover|furthermore|"
    r"in addition|additionally|as a result|as a consequence|consequently|for example|for instance|"
    r"in contrast|by contrast|on the other hand|similarly|likewise|meanwhile|nevertheless|"
    r"nonetheless|still|yet|then|even so|or|in other words|in fact|that said|afterwards|"
    r"accordingly|conversely"
)
_SUBJECTS = (
    r"it|its|it[’']s|they|they[’'](?:re|ve|ll|d)|their|theirs|them|he|she|(?:s?he)[’'](?:s|d|ll)|his|"
    r"hers?|him|this|that|that[’']s|these|those|both|neither|such|the (?:former|latter)"
)
_BEFORE_SUBJECTS = (
    r"in|for|to do|at|by|with|of|on|from|after|before|since|because of|despite|through|as part of|"
    r"(?:all|many|most|some|one|each|both|none|several|two|three) of"
)
# "It is important to …", "this post", "those who …", "that year" say what they are about.
_ALONE = (
    r"it(?:[’']s| is| was| can be| may be| has been| takes| makes sense)\s"
    r"(?:(?:also|not|often|always|very|so|more|really|still|just|become|becoming)\s)*"
    r"(?:(?:important|critical|crucial|essential|vital|possible|impossible|hard(?:er)?|eas(?:y|ier)|"
    r"difficult|worth|clear(?:er)?|true|likely|unlikely|common|best|better|good|great|helpful|useful|"
    r"necessary|tempting|interesting|fun|safe|rare|tough|time|no (?:surprise|secret|wonder))\b)"
    r"|(?:this|these|that|those)\s(?:posts?|articles?|blogs?|guides?|pages?|sections?|sites?|series|"
    r"weeks?|months?|years?|times?|days?|mornings?|spring|summer|fall|autumn|winter)\b"
    r"|(?:those|these)\s(?:who|of (?:us|you))\b"
    r"|both\s(?:\p{L}+\s){1,3}and\b|neither\s(?:\p{L}+\s){1,3}nor\b"
    r"|such as\b|in that\b|that which\b"
)
_ENGLISH = (
    rf"(?:(?:{_JOINS})\b,?\s+)?(?!{_ALONE})(?:(?:{_BEFORE_SUBJECTS})\s+)?(?!{_ALONE})(?:{_SUBJECTS})\b",
    rf"(?:{_JOINS})\b",
)
_GERMAN = (
    r"(?:er|sie|es|ihr|ihre|ihren|sein|seine|dies|diese[rsmn]?|jene[rsmn]?|das (?:ist|war|hat)|"
    r"deshalb|deswegen|daher|darum|dadurch|damit|dabei|dafür|dagegen|davon|beide)\b(?!\s+ist\s+\w+,)",
    r"(?:aber|doch|jedoch|also|außerdem|zudem|stattdessen|trotzdem|dennoch|zum beispiel|danach|"
    r"folglich|sonst)\b",
)
_SPANISH = (
    r"(?:él|ella|ellos|ellas|est[eao]s?|esto|es[eao]s?|eso|aquell[oa]s?|su|sus|ambos|ambas|"
    r"por (?:eso|esto|ello))\b",
    r"(?:pero|sin embargo|además|así que|entonces|por lo tanto|en cambio|"
    r"por ejemplo|también|luego)\b",
)
_FRENCH = (
    r"(?:il|elle|ils|elles|ce|cet|cette|ces|cela|ça|c[’']|celui-ci|celle-ci|leurs?|son|sa|ses|"
    r"tous deux)(?:\b|(?<=[’']))(?!\s+(?:faut|y a|est\s+\p{L}+\s+(?:de|d[’']|que))\b)",
    r"(?:mais|cependant|toutefois|donc|ainsi|de plus|en revanche|par exemple|aussi|"
    r"ensuite|pourtant)\b",
)
_QUOTED = r"[\s\"“„«»‘’'(\[*–—-]*"


class Leaning(StrEnum):
    """How far a sentence leans on the one before it."""

    SUBJECT = "subject"
    """What it is about stands there: "It made no difference."."""
    CONNECTED = "connected"
    """It goes on from there, and names what it is about: "However, copper made no difference."."""


_WORDS = {
    language: tuple(
        (leaning, regex.compile(f"{_QUOTED}(?:{words})", regex.IGNORECASE))
        for leaning, words in zip(Leaning, pair, strict=True)
    )
    for language, pair in (
        ("en", _ENGLISH),
        ("de", _GERMAN),
        ("es", _SPANISH),
        ("fr", _FRENCH),
    )
}


def leaning(text: str, language: str | None = None) -> Leaning | None:
    """How a sentence leans on the one before it; None where it stands alone.

    Args:
        text: A sentence.
        language: BCP 47; None is read as English.
    """
    base = (language or "en").replace("_", "-").split("-")[0].lower()
    for found, words in _WORDS.get(base, ()):
        if words.match(text):
            return found
    return None
