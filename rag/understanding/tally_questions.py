"""Questions about all posts by what they bear: who wrote most, which tags there are, which year."""

from __future__ import annotations

import regex

from rag.text.number_words import SEVERAL, of_several
from rag.text.post_words import NOUN, VERB
from rag.text.recognise import SUBJECT
from rag.types import RecordQuestion, Wanted

_FLAGS = regex.IGNORECASE
_WRITERS = r"(?:co-?)?(?:authors?|writers?|bloggers?|contributors?)"
_TAGS, _CATEGORIES = (
    r"(?:post\s+|blog\s+)?(?:tags?|labels?)",
    r"(?:post\s+|blog\s+)?categor(?:y|ies)",
)
_TOPICS = r"(?P<topics>topics?|subjects?|themes?)"
_KIND = rf"(?:(?P<authors>{_WRITERS})|(?P<tags>{_TAGS})|(?P<categories>{_CATEGORIES}))"
_TIME = r"(?:(?P<years>years?)|(?P<months>months?))"
_THE = r"(?:(?:the|all|all\s+(?:of\s+)?the|your|their|its|different|various)\s+)*"
_MOST = r"(?:the\s+)?(?P<extreme>most|fewest|least)"
_ABOUT = r"(?:about|on|regarding|concerning|covering|mentioning|discussing|related\s+to)"
_SOME = rf"(?:\s+(?:of\s+)?(?:the\s+)?{NOUN})?(?:\s+(?:here|overall|in\s+total|of\s+all))?"
_TOPIC = rf"(?:\s+(?:(?:that\s+|which\s+)?(?:is|are|was|were)\s+)?{_ABOUT}\s+(?P<topic>\S.*?))?"
_WROTE = rf"(?:(?:has|have|had)\s+)?(?:{VERB}|authored|penned|put\s+out|contributed|contributes)"
_SITE = rf"(?:you|we|they|the\s+(?:team|blog|site)|{SUBJECT})"
_THERE = (
    rf"(?:\s+(?:are|is|were)\s+(?:there|used|covered|in\s+use|available)|\s+(?:exist|do\s+{_SITE}\s+"
    rf"(?:have|use|cover|write\s+about)|does\s+{_SITE}\s+(?:have|use|cover|write\s+about)|"
    rf"(?:have|has)\s+{_SITE}\s+(?:covered|used|written\s+about)|(?:has|have)\s+{NOUN}|"
    rf"(?:do|does)\s+(?:the\s+)?{NOUN}\s+(?:have|cover|bear)))"
)
_LIST = (
    r"(?:(?:please\s+)?(?:list|show|name|give)(?:\s+me)?|(?:what|which|who)(?:\s+(?:are|were))?)"
)
_WRITE = r"(?:writes?|blogs?|posts|publish(?:es)?|contributes?)"
_FOR = r"(?:\s+(?:for|on|to)\s+(?:the|this|your)\s+(?:blog|site|web\s?site))?"
_IS = r"(?:(?:which|what|who)\s+(?:is|are|was|were)\s+)?(?:the\s+)?"
_WHICH = r"(?:which|what)\s+(?:of\s+the\s+)?"
_IN_WHICH = rf"(?:in\s+)?(?:which|what)\s+{_TIME}"
_USED = r"(?:(?:commonly|frequently|often)\s+)?(?:used|common|popular|frequent)"
_PROLIFIC = r"(?P<extreme>most\s+(?:prolific|active|frequent|productive)|busiest|top)"
_EACH = r"(?:per|each|every|a|(?:by|in)\s+each|by)"
_OWN = rf"(?:you|the\s+(?:blog|site)|{SUBJECT})"  # "they" may be anybody
_USES = r"(?:use[sd]?|bear|cover(?:s|ed)?|tag|(?:write|written)(?:\s+(?:about|on|under|in))?)"
# "The top 3 authors", "the ten most used tags": so many are named, and those with the most first.
_FEW = rf"(?P<few>{SEVERAL})"
_LISTED = r"(?:(?:a|the)\s+)?(?:(?:full|complete|whole)\s+)?list\s+of"
_FORMS = tuple(
    (regex.compile(form, _FLAGS), by)
    for form, by in (
        # The most, and the fewest.
        (rf"who\s+{_WROTE}\s+{_MOST}(?:\s+often)?{_SOME}{_TOPIC}", "authors"),
        (rf"who\s+(?:has|had)\s+{_MOST}\s+{NOUN}{_TOPIC}", "authors"),
        (rf"{_IS}{_PROLIFIC}\s+{_WRITERS}{_SOME}{_TOPIC}", "authors"),
        (rf"(?:{_LIST}\s+)?(?:the\s+)?(?:top\s+{_FEW}|{_FEW}\s+{_PROLIFIC})\s+{_WRITERS}{_SOME}{_TOPIC}",
         "authors"),
        (rf"(?:{_LIST}\s+)?(?:the\s+)?(?:(?P<extreme>top)(?:\s+{_FEW})?|{_FEW}\s+most\s+{_USED})(?:\s+most\s+{_USED})?"
         rf"\s+(?:{_KIND}|{_TOPICS}){_SOME}{_TOPIC}", ""),
        (rf"(?:which|what)\s+(?:{_KIND}|{_TOPICS})\s+(?:did|does|do|has|have)\s+{_OWN}\s+{_USES}"
         r"(?:\s+(?:the\s+)?(?P<extreme>most|least)(?:\s+often)?)?", ""),
        (rf"{_WHICH}{_KIND}\s+{_WROTE}\s+{_MOST}(?:\s+often)?{_SOME}{_TOPIC}", ""),
        (rf"{_IS}(?:{_WHICH})?(?:the\s+)?{_KIND}\s+(?:has|have|had|with|gets?|got)\s+{_MOST}\s+"
         rf"{NOUN}{_TOPIC}", ""),
        (rf"{_IS}(?P<extreme>most)\s+{_USED}\s+{_KIND}{_SOME}{_TOPIC}", ""),
        (rf"{_WHICH}{_KIND}\s+(?:is|are|was|were)\s+(?:used\s+)?(?:the\s+)?(?P<extreme>most)"
         rf"(?:\s+(?:often|{_USED}))?(?:\s+used)?", ""),
        (rf"{_IN_WHICH}\s+(?:had|has|saw|got|with)\s+{_MOST}\s+{NOUN}{_TOPIC}", ""),
        (rf"{_IN_WHICH}\s+(?:were|was)\s+{_MOST}\s+{NOUN}{_TOPIC}\s*(?:published|written|posted)?",
         ""),
        (rf"{_IN_WHICH}\s+(?:did|has|have)\s+{_SITE}\s+{VERB}\s+{_MOST}(?:\s+often)?{_SOME}"
         rf"{_TOPIC}", ""),
        (rf"{_IS}{_TIME}\s+with\s+{_MOST}\s+{NOUN}{_TOPIC}", ""),
        (rf"{_IS}(?P<extreme>busiest|most\s+(?:active|productive))\s+{_TIME}", ""),
        # All of them.
        (rf"(?:{_LIST}\s+)?{_LISTED}\s+{_THE}(?:{_KIND}|{_TOPICS}){_TOPIC}", ""),
        (rf"{_WHICH}(?:{_TIME}|{_KIND})\s+(?:have|has|had)\s+(?:any\s+)?{NOUN}{_TOPIC}", ""),
        (rf"(?:(?:show|give|tell)(?:\s+me)?\s+)?(?:what\s+is\s+)?(?:the\s+)?(?:(?:number|count)\s+of\s+{NOUN}|"
         rf"{NOUN}(?:\s+counts?)?){_TOPIC}\s+(?:(?:published|written|posted)\s+)?{_EACH}\s+(?:{_TIME}|{_KIND})",
         ""),
        (rf"how\s+many\s+{NOUN}{_TOPIC}\s+(?:has|have|did|does)\s+(?:each|every)\s+(?:of\s+the\s+)?"
         rf"(?:{_KIND}|{_TIME})\s+(?:{VERB}|have|has|had|got)", ""),
        (rf"{_LIST}\s+{_THE}{_KIND}(?:\s+of\s+(?:the\s+)?{NOUN})?(?:{_THERE})?{_TOPIC}", ""),
        (rf"{_LIST}\s+{_THE}(?:{_TOPICS}|{_TIME}){_THERE}", ""),
        (r"what(?:['’]s|\s+is)\s+(?P<topics>(?:this|the|your)\s+(?:web\s?site|site|blog|page))\s+(?:all\s+|mostly\s+|"
         r"mainly\s+)?about", ""),
        (rf"what\s+(?P<topics>(?:do|does)\s+{_OWN})\s+(?:mostly\s+|mainly\s+|usually\s+)?{_WRITE}\s+"
         r"(?:mostly\s+|mainly\s+)?about", ""),
        (rf"(?:are\s+there\s+any|do\s+{_SITE}\s+have(?:\s+any)?)\s+{_KIND}", ""),
        (rf"(?P<count>how\s+many)\s+(?:different\s+)?{_KIND}(?:{_THERE})?{_TOPIC}", ""),
        (rf"(?P<count>how\s+many)\s+(?:different\s+)?(?:people|persons|{_WRITERS})\s+"
         r"(?:(?:have|has)\s+)?(?:write|written|wrote|blog|post|contribute|contributed)"
         rf"{_FOR}(?:\s+{NOUN})?{_TOPIC}", "authors"),
        (rf"{_WHICH}{_WRITERS}\s+{_WROTE}(?:\s+{NOUN})?{_TOPIC}", "authors"),
        (rf"who\s+(?:all\s+)?{_WRITE}(?:\s+(?:here|{NOUN}))?{_FOR}", "authors"),
        (r"who\s+(?:wrote|has\s+written|writes)\s+(?:all\s+)?(?:(?:of\s+)?(?:the|these)\s+)?"
         r"(?:posts|articles)", "authors"),
        (rf"how\s+many\s+{NOUN}{_TOPIC}\s+(?:(?:are|were|was)\s+)?(?:there\s+)?"
         rf"(?:(?:published|written|posted)\s+)?(?:did\s+{_SITE}\s+{VERB}\s+|"
         rf"do\s+{_SITE}\s+have\s+)?{_EACH}\s+(?:{_TIME}|{_KIND})", ""),
    )
)  # fmt: skip
_SEVERAL = regex.compile(
    r"(?<!\bof the )\b(?:authors|writers|bloggers|contributors|tags|labels|categories|years|months)"
    r"\b",
    _FLAGS,
)
_KINDS = ("authors", "tags", "categories", "topics", "years", "months")


def read_tally(question: str) -> RecordQuestion | None:
    """A question that counts posts by what they bear; None for any other.

    Args:
        question: Without its last sign, and without what became a filter. Its subject is taken as
            it stands.
    """
    for form, kind in _FORMS:
        match = form.fullmatch(question)
        if match is None:
            continue
        parts = match.groupdict()
        said = (parts.get("extreme") or "").lower()
        number = parts.get("few")
        few = said in ("fewest", "least")
        if number or (not few and _SEVERAL.search(question)):  # "the most used tags": those first
            said = ""
        return RecordQuestion(
            Wanted.COUNT if parts.get("count") else Wanted.TALLY,
            parts.get("topic") or "",
            by=kind or next(one for one in _KINDS if parts.get(one)),
            extreme="fewest" if few and said else "most" if said else "",
            most=of_several(number) if number else 0,
        )
    return None
