"""Questions to whoever answers, of who it is, what it does and how: in English."""

from __future__ import annotations

import regex

WHO_ANSWERS = (
    "A program answers here, not a person. It looks for sentences of the posts: what it shows is"
    " quoted from a post or was compared with the sentences that it cites, and it is made to say so"
    " where the posts do not answer. Ask about what the posts say, or about the posts themselves,"
    " as in “What topics do you cover?” or “What is the newest post?”."
)

_THING = (
    r"(?:an?\s+|the\s+|this\s+)?(?:real\s+|actual\s+|live\s+)?(?:ai(?:\s+(?:assistant|bot|model))?|"
    r"artificial\s+intelligence|chat\s?bot|bot|robot|machine|computer|program|assistant|llm|"
    r"language\s+model|chat\s?gpt|gpt|human(?:\s+being)?|person|real)"
)
_HERE = r"(?:\s+(?:here|for\s+me|for\s+us|exactly|actually|then|please))*"
_TOOL = r"(?:chat(?:\s+(?:page|window))?|chat\s?bot|bot|assistant|tool|thing|app|search)"
_ALWAYS = (
    rf"(?:and\s+)?(?:who|what)\s+are\s+you{_HERE}",
    rf"(?:so\s+)?(?:what|which\s+things)\s+(?:can|could|do)\s+you\s+(?:do|help(?:\s+me)?\s+with|know|answer){_HERE}",
    rf"how\s+(?:can|could|do)\s+you\s+(?:help(?:\s+me)?|work|answer(?:\s+(?:my\s+)?questions)?){_HERE}",
    rf"(?:can|could|would|will)\s+you\s+(?:please\s+)?help(?:\s+me)?{_HERE}",
    r"(?:i\s+need\s+)?help(?:\s+me)?(?:\s+please)?",
    rf"(?:what|which)\s+(?:(?:kinds?|sorts?|types?)\s+of\s+)?(?:questions?|things?)?\s*(?:can|could|should|may)\s+i"
    rf"\s+ask(?:\s+(?:you|it|about|this\s+{_TOOL}))?{_HERE}",
    rf"(?:are\s+you|is\s+(?:this|it|that)|am\s+i\s+(?:talking|speaking|chatting)\s+(?:to|with))\s+{_THING}"
    rf"(?:\s+or\s+(?:just\s+)?{_THING})?{_HERE}",
    r"(?:who|what)\s+am\s+i\s+(?:talking|speaking|chatting)\s+(?:to|with)",
    rf"(?:what(?:['’]s|\s+is)|how\s+does|how\s+do\s+i\s+use|explain)\s+this\s+{_TOOL}(?:\s+(?:for|work))?{_HERE}",
    r"what(?:['’]s|\s+is)\s+your\s+name",
    r"(?:please\s+)?(?:introduce|explain|describe)\s+yourself",
    r"(?:please\s+)?tell\s+me\s+about\s+yourself",
)
# In a conversation, what was spoken of.
_ALONE = (
    rf"how\s+(?:does|do)\s+(?:this|it)\s+work{_HERE}",
    rf"what(?:['’]s|\s+is)\s+this{_HERE}",
    r"how\s+(?:do|can|should)\s+i\s+use\s+(?:this|it)",
)


def _of(forms: tuple[str, ...]) -> regex.Pattern[str]:
    return regex.compile(rf"(?:{'|'.join(forms)})[\s\p{{P}}\p{{S}}]*", regex.IGNORECASE)


_TO_IT, _TO_IT_ALONE = _of(_ALWAYS), _of(_ALWAYS + _ALONE)


def asks_who_answers(question: str, *, alone: bool) -> bool:
    """Whether a question is put to whoever answers, of itself, and asks nothing of the posts.

    Args:
        question: As it was typed.
        alone: Nothing was said before, so that "this" means the page.
    """
    said = " ".join(question.split())
    return (_TO_IT_ALONE if alone else _TO_IT).fullmatch(said) is not None
