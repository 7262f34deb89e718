"""Words by which a question says what it is not about: "not by Ines", "without the tag wool".

No filter leaves posts out, so nothing behind such words is taken for one: it would be the
opposite of what was asked. Nor do such words belong to the subject of the posts.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from rag.text.post_words import NOUN, VERB

_FLAGS = regex.IGNORECASE
# "Don't you have posts by Ines?" asks for hers, as "I can't find the post by Ines" does.
_ASKS = (
    r"(?!\s+(?:(?:there|you|we)|(?:(?:really|quite|exactly|even|entirely|seem\s+to)\s+)?"
    r"(?:find|know|remember|recall|sure|certain))\b)"
)
_NOT = regex.compile(
    rf"\b(?:(?:not|never|cannot){_ASKS}|nobody|none|neither|nor|no\s+(?:one|longer|"
    rf"earlier|later|tags?|categor(?:y|ies)|authors?|{NOUN})|except(?:ing)?|exclud(?:e|es|ed|ing)|"
    r"other\s+than|(?:all|any(?:one|body|thing)|every(?:one|body|thing))\s+but|"
    r"but\s+(?:those|these|the\s+ones)|"
    rf"(?:is|are|was|were|do|does|did|has|have|had|wo|ca|could|would|should)nt\b{_ASKS})\b"
    rf"|n['’]t\b{_ASKS}",
    _FLAGS,
)
_NOT_ENDS = regex.compile(
    r"[.?!;:](?=\s|$)|\bbut\b(?!\s+(?:also|not)\b)|"
    r",\s+(?:which|what|who|when|where|why|how|do|does|did)\b",
    _FLAGS,
)
# A verb of its own behind a denied one: "which need not be long and were written by Ines". Behind
# "I don't think they were" it is denied as well.
_DENIES_VERB = regex.compile(r"not|n['’]?t$", _FLAGS)
_OWN_VERB = regex.compile(
    r"(?<!\b(?:think|thinks|thought|believe|believes|believed|suppose|say|says|said|nor|not|never|"
    r"ever|which|that|who|they|these|those|them|ones?)\s+)\b(?:is|are|was|were)\s+$",
    _FLAGS,
)
# What others than posts do not do: "plants that don't need water", "Why don't slugs eat it?"
_OTHERS = regex.compile(
    rf"\b(?:(?P<why>why)|(?!(?:{NOUN}|i|we|you|he|she|they|it|please|and|or|but|just|so|that|which|"
    r"who|what|those|these|ones?|some|any|all|(?:any|every|some)?things?|here|there|also|still|"
    r"really|usually)\b)[\p{L}’'-]+"
    r"(?:\s+(?:that|which|who))?)\s+"
    r"(?:(?:do|does|did|ca|could|wo|would)n['’]?t|cannot|(?:do|does|did|can|could|will|would)\s+"
    r"(?:not|never))$",
    _FLAGS,
)
# A verb and nothing that it could be about but what comes next: "don't bear the tag wool".
_VERB_ALONE = regex.compile(
    rf"(?:\s+\S+)?(?:\s+(?:the|a|an|any|all|of|to|from|in|on|at|under|with|"
    rf"for|among|as|those|these|ones?|{NOUN}))*\s*",
    _FLAGS,
)
_SAYS_WRITE = regex.compile(rf"\b{VERB}\b", _FLAGS)
# Words that keep away what they stand right before. Anywhere else they belong to the subject:
# "posts about slugs without pellets by Tom".
_KEPT_AWAY = regex.compile(
    r"\b(?:without|lack(?:s|ing)?|miss(?:es|ing)|minus|besides|unlike|outside|(?:apart|aside)\s+from|"
    r"rather\s+than|instead\s+of|ignor(?:e|ing)|omit(?:ting)?|skip(?:ping)?|leav(?:e|ing)\s+out)\s+"
    rf"(?:(?:the|a|an|any|all|of|for|those|these|ones?|{NOUN}|things?|anything|everything|that|which|"
    r"are|were|is|was|have|has|been|either)\s+)*$",
    _FLAGS,
)
_NOT_THEN_VERB = regex.compile(
    rf"(?:(?!\b{VERB}\b).)*?(?:\b(?:not|never)\b|n['’]t\b).*?\b{VERB}\b", _FLAGS
)

_BEHIND_NOT = (
    r"(?:(?:been\s+)?(?:written|published|posted|filed|made)\s+)?(?:about|by|tagged|labell?ed|from|"
    r"under|in\s+the\s+category|(?:have|bear|carry)\s+(?:the\s+)?(?:tag|category)|mention|cover|"
    r"discuss|deal)"
)
# How a question about posts ends with what is not meant. "Posts about life without sugar" and
# "plants that don't need water" name their subject so.
_CLAUSE = regex.compile(
    r"(?:(?:,|,?\s+(?:but|yet|though))\s+(?:(?:definitely|certainly|just|also)\s+)?"
    r"(?:not|never|nothing|none|no)|"
    r",?\s+(?:and\s+)?(?:(?:that|which)\s+)?(?:(?:is|are|was|were|do|does|did|has|have)\s*)?"
    rf"(?:not|n['’]t)\s+{_BEHIND_NOT}|"
    r",?\s+(?:but\s+)?(?:except(?:ing)?|excluding|(?:other|rather)\s+than|(?:apart|aside)\s+from|"
    r"leaving\s+out|save\s+for)|"
    r",?\s+(?:but\s+)?(?:without|lacking|with\s+no|outside)\s+(?:the\s+|any\s+)?"
    r"(?:tags?|categor(?:y|ies)|section|authors?))\b.*",
    _FLAGS,
)
_HANGS = regex.compile(r"(?:[\s,]+(?:and|but|or|that|which|is|are|was|were))+$", _FLAGS)


def parted(text: str) -> tuple[str, str]:
    """A question about posts without its end that leaves some out, and that end; "": it has none.

    Args:
        text: The question without the words that became filters.
    """
    match = _CLAUSE.search(text)
    before = text[: match.start()] if match else text
    if match is None or before.count("“") > before.count("”") or before.count('"') % 2:
        return text, ""  # it stands in a title
    return before, _HANGS.sub("", match[0]).strip(" ,")


def is_left_out(
    question: str,
    start: int,
    end: int,
    taken: Sequence[tuple[int, int]],
    *,
    subject: bool,
) -> bool:
    """Whether a question leaves out what its words from `start` to `end` name.

    Args:
        question: As it was asked.
        start: Of the words.
        end: Of the words.
        taken: Spans that are names, such as the tag "no dig": their words leave nothing out.
        subject: Whether the words are the subject of a verb, which may be denied behind them.
    """
    if _KEPT_AWAY.search(question[:start]):
        return True
    if subject and _NOT_THEN_VERB.match(question, end):  # "did Ines and Tom not write"
        return True
    return any(
        not _ends(question, match, start)
        and (subject or not _is_of_others(question, match.end(), start))
        for match in _NOT.finditer(question)
        if match.start() < start
        and not any(match.start() < last and first < match.end() for first, last in taken)
    )


def _ends(question: str, denial: regex.Match[str], start: int) -> bool:
    """Whether what is denied ends before `start`."""
    if _NOT_ENDS.search(question, denial.end(), start):
        return True
    return bool(_DENIES_VERB.search(denial[0]) and _OWN_VERB.search(question, denial.end(), start))


def _is_of_others(question: str, denied: int, start: int) -> bool:
    """Whether a denial that ends at `denied` has a verb and a subject that are none of posts."""
    match = _OTHERS.search(question, 0, denied)
    if match is None or _SAYS_WRITE.search(question, denied, start):
        return False
    return bool(match["why"]) or _VERB_ALONE.fullmatch(question, denied, start) is None
