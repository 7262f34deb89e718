"""Does a question point back at what was said before it? Word lists and forms, in English.

People type small letters and few words. So no word has to have a capital to count as one that says
what is asked about, and a short question counts as complete where its form says so ("how do i store
garlic") and one of its words may be what it is about (none of "could you give examples").
"""

from __future__ import annotations

import regex

from rag.text.sentences import STOP_WORDS, search_words

_GOES_ON = regex.compile(
    r"^\s*(and|but|or|so|also|then|what about|how about|why not|how so|how come|since when|"
    r"until when|for example|such as|like what|really|tell me more|more|go on|"
    r"(?:yes|no)(?=\s*[,.!])|i meant?|you said|you say)\b",
    regex.IGNORECASE,
)
# Words that are seldom the subject, however rare they are.
LIGHT = frozenset(
    "ever always never just really actually exactly maybe please get gets got getting "
    "find found make makes made making look looking tell told say says said know "
    "known like want need use used thing things something anything part way ways lot "
    "kind sort mean means place whether happen happened happens give gave take took "
    "go goes went come came see seen seem check many much long old new far big good "
    "did does done doing one two first last next year years time times day".split()
)
# What a request says of the answer that is wanted ("give more details"). Where all words are such
# or light, they name nothing that it could be about.
_OF_AN_ANSWER = frozenset(
    "clarify describe detail detailed details elaborate example examples expand explain "
    "explanation further help illustrate info information instance instances instead provide "
    "recommend recommendation recommendations show specific specifics suggest suggestion "
    "suggestions summarise summarize summary understand".split()
)
_NAMES_NOTHING = LIGHT | _OF_AN_ANSWER
_WHY = regex.compile(r"^\s*why\b", regex.IGNORECASE)  # is asked of what was just said
_OWN_SUBJECT = regex.compile(r"\b\p{Lu}[\p{L}\p{N}]+|\b\p{L}*\d[\p{L}\p{N}]*\b")
_NEW_CLAUSE = regex.compile(r"[,;:.?!]|\band (?:how|who|when|where|what|why|which)\b")

_PERSONS = r"(?P<person>it|its|itself|they|them|their|theirs|he|him|his|she|her|hers|these|those)"
# "the actor that plays …" says which; "did that …", "about that" point back.
_BEFORE_THAT = (
    r"is|are|was|were|be|been|do|does|did|done|doing|has|have|had|can|could|will|would|should|may|"
    r"might|of|about|for|in|at|on|to|from|with|by|after|before|since|until|during|like|than|as|"
    r"over|into|and|but|how|what|when|where|why|who|all|only|just|know|mean|say"
)
_THAT = (
    rf"\bthat\b(?=\s*(?:[,;.?!]|$))|(?<=\b(?:{_BEFORE_THAT})\s)that\b|^\s*that\b|"
    r"\bthat\s+(?:year|time|day|night|period|point|way|one)\b"
)
# "is there a …", "how many parks are there"; "was there anything …" asks for more
_THERE = (
    r"(?<!\b(?:is|are|was|were|be|been|wasn['’]t|weren['’]t|isn['’]t|aren['’]t)\s)"
    r"\bthere\b(?!\s+(?:is|are|was|were|be|been|will|has|have|had|seems?|exists?)\b)|"
    r"\bthere\s+any(?:thing|one|body)?\b"
)
# "this season" is the one that is
_THIS = r"\bthis\b(?!\s+(?:day|week|weekend|month|season|year|spring|summer|autumn|fall|winter)\b)"
_ONE = (
    r"\bones\b|\b(?:which|that|this|the|other|another)\s+(?:\p{L}+\s+)?one\b(?!\s+of\b)|"
    r"\bone\b(?=\s*(?:[,;.?!]|$))"
)
_SAME = r"\bsame\b(?!\s+time\b)(?!.*\bas\b)"
_POINTS_BACK = regex.compile(
    rf"\b{_PERSONS}\b|{_THAT}|{_THERE}|{_THIS}|{_ONE}|{_SAME}|"
    r"\b(?:former|latter|either|neither|another|others?|else|then(?=\s*[?.!]*$))\b|\bboth\b(?!.*\band\b)",
    regex.IGNORECASE,
)
# "is it safe to …", "how long does it take to …", "what is it called when …"
_EMPTY_IT = regex.compile(
    r"\bit\s+(?:(?:still|really|ever|always|also|usually|so|true)\s+)*(?:possible|impossible|legal|"
    r"illegal|safe|ok|okay|bad|good|better|best|normal|necessary|important|hard|difficult|easy|"
    r"true|worth|take|takes|cost|costs|mean|means|make sense|called|start|get|rain|snow|hurt|"
    r"matter|like)\b.*\b(?:to|that|when|if|for|from)\b|"
    # "what time is it in …"
    r"(?<=\bwhat\s+(?:time|day|date|month|year|season)\s+is\s+)it\b"
    r"(?=\s*(?:[?.!,]|$|(?:in|at|on|now|today|right|currently)\b))",
    regex.IGNORECASE,
)
_WHOSE = frozenset("its their his her".split())
# "which dynasty gave Korea its name"; a first word has a capital in any case
_NAMED_JUST_NOW = regex.compile(r"(?<=\S\s)\p{Lu}[\p{L}\p{M}\p{N}-]+\s+(?:and\s+)?$")
# "… anything else besides wool": what is asked for is other than what is named.
_SAYS_WHAT_ELSE = regex.compile(
    r"\b(?:besides|other than|aside from|apart from|in addition to|except|than)\s+"
    r"(?!(?:this|that|those|these|it|them|him|her|what)\b)",
    regex.IGNORECASE,
)
_ELSE = regex.compile(r"\b(?:another|others?|else)\b", regex.IGNORECASE)
_MANY = 5  # words of its own before "it" or "his" are likely to name who that is
_FEW = 3  # a question with no more words of its own leans on what was said before …
_ENOUGH = 2  # … or with so many, where it asks what anybody may do
# "how do i …", "when to …", "where can you …"; "the" and "it" would name something known.
_OF_ANYBODY = regex.compile(
    r"^\s*(?:how|where|when|what|which|why|can|could|may|should|do|is it)\b.*?"
    r"\b(?:i|you|we|to)\s+(?!.*\bthe\b)\p{L}+",
    regex.IGNORECASE,
)
# "what should i plant instead": in place of what was just said.
_THAN_WHAT = regex.compile(r"\binstead\b(?!\s+of\b)|\bfurther\b(?=\s*[?.!]*$)", regex.IGNORECASE)
# "more seats than the old one" names them itself; "than the other one" does not.
_THAN_ONE = regex.compile(
    r"\bthan\s+(?:the|an?)\s+(?!(?:first|second|third|last|next|previous|other)\b)\p{L}+\s+one\b",
    regex.IGNORECASE,
)
# "what is a polder?", "what are alkaloids"
_WHAT_IT_IS = regex.compile(
    r"^\s*what(?:['’]s|\s+is|\s+are)\s+(?:an?\s+)?[\p{L}\p{N}-]+\s*\??\s*$", regex.IGNORECASE
)
# Words that take up what is known from before, as "the heap" does, or that ask for more of it.
_OF_NO_TURN = (
    r"(?!.*\b(?:the|some|any|every|each|all|most|more|other|next|such|own|your|and|or|of|for)\b)"
)
_WORD = r"[\p{L}\p{N}-]+"
_BARE = rf"(?!(?:i|you|we|people|(?:every|any|some)(?:one|body))\b){_WORD}"
_OWN_OR_A = r"(?:(?:an?|my|our)\s+)?"
_ENDS = r"\s*[?.!]*\s*$"
# "what is a compost heap", "what does mulching mean", "how big is a hive", "explain composting"
_WHAT_ANY_IS = regex.compile(
    rf"^\s*{_OF_NO_TURN}(?:"
    rf"what(?:['’]s|\s+is|\s+are)\s+{_OWN_OR_A}(?:(?P<what>{_WORD})\s*){{2,3}}|"
    rf"what\s+(?:does|do)\s+(?:an?\s+)?(?:{_BARE}\s+){{1,2}}mean|"
    rf"how\s+(?!(?:much|many|long|often|far)\b)(?P<how>\p{{L}}+)\s+(?:is|are)\s+(?:an?|my|our)\s+{_WORD}"
    rf"(?:\s+{_WORD})?|"
    rf"(?:please\s+)?(?:define|explain|describe|tell\s+me\s+about)\s+(?:an?\s+)?{_WORD}"
    rf"(?:\s+{_WORD})?){_ENDS}",
    regex.IGNORECASE,
)
_EVALUATES = (LIGHT - {"mean", "tell"}) | {"better", "best", "worse", "worst", "still"}
# What is asked of something that was just spoken of: "how does wool help?", "when do doors open?"
_OF_LAST = (
    r"(?!(?:help|matter|compare|differ|fit|relate|react|respond|feel|vary|apply|count|change|start|"
    r"begin|open|close|end|leave|arrive|run|meet|take)\b)"
)
# "how does composting work", "when do bees sleep", "who invented compost", "what kills slugs",
# "why is my compost wet": each names of what it asks.
_HOW_ANY_DOES = regex.compile(
    rf"^\s*{_OF_NO_TURN}(?:"
    rf"(?:how|when|where|why)\s+(?:do|does)\s+{_OWN_OR_A}(?P<who>{_BARE})\s+{_OF_LAST}|"
    rf"why\s+(?:is|are)\s+{_OWN_OR_A}(?P<who>{_BARE})\s+|"
    r"(?:who\s+(?!(?:is|was|are|were|did|does|do|has|had|will|would|can|could|should)\b)|"
    r"what\s+(?=\p{L}+s\b)(?!(?:is|was|does|has|kinds|sorts|types)\b))\p{L}+\s+"
    rf"(?=(?P<who>{_BARE}){_ENDS}))\p{{L}}",
    regex.IGNORECASE,
)
# "who was queen min?", "who are the griots": by names or a plural, of whom anybody may have heard.
_WHO_THEY_ARE = regex.compile(
    r"^\s*who(?:(?:['’]s|\s+(?:is|was|are|were))|\s+(?:are|were)\s+the)"
    r"(?:\s+(?!the\b)(?P<who>[\p{L}\p{M}\p{N}-]+)){1,3}\s*\??\s*$",
    regex.IGNORECASE,
)
# Somebody's or something's: "the founding members", "the drummer"; and what is said of somebody:
# "who was killed", "who is responsible".
_SOMEBODYS = regex.compile(
    r"(?:\p{L}{2,}(?:ers?|ors?|ists?|ents?|ants?|ees?|ians?|ives?|ed|[ai]ble)|alive|allies|"
    r"best|born|boss(?:es)?|cast|characters?|chiefs?|children|coach(?:es)?|crew|critics?|dead|fans?|"
    r"friends?|guys?|heads?|hosts?|judges?|kids?|kings?|men|others|people|persons?|queens?|right|"
    r"rivals?|sons?|staff|stars?|teams?|victims?|wi(?:fe|ves)|women|wrong)",
    regex.IGNORECASE,
)


def leans_back(question: str) -> bool:
    """Whether a question cannot be understood without what was said before it."""
    if _GOES_ON.match(question):
        return True
    own = own_words(question)
    # The first word is capitalised in any case.
    named = _OWN_SUBJECT.search(question.partition(" ")[2]) is not None
    back = _points_back(question)
    few = len(own) < _FEW or _NAMES_NOTHING.issuperset(own)
    if few and (not named or _WHY.match(question)):
        return back or not _is_complete(question, own)
    return back


def goes_on(question: str) -> bool:
    """Whether a question asks for more of the one before it ("And in winter?")."""
    return _GOES_ON.match(question) is not None


def introduces(question: str) -> bool:
    """Whether a question asks what or who something is, and so begins with a new subject."""
    return _WHAT_IT_IS.match(question) is not None or _names_whom(question, own_words(question))


def own_words(question: str) -> list[str]:
    """The words of a question that say something, in small letters."""
    return [word for word in search_words(question).lower().split() if word not in STOP_WORDS]


def _points_back(question: str) -> bool:
    if _SAYS_WHAT_ELSE.search(question):
        question = _ELSE.sub(" ", question)
    question = _THAN_ONE.sub(" ", question)
    empty = _EMPTY_IT.search(question)
    for back in _POINTS_BACK.finditer(question):
        if empty and empty.start() == back.start():
            continue
        before = question[: back.start()]
        if back[0].lower() in _WHOSE and _NAMED_JUST_NOW.search(before):
            continue
        if not (_names_it(before) or (back["person"] and _may_name_it(before))):
            return True
    return False


def _names_it(before: str) -> bool:
    """Whether what stands before a word names it: "What is the DMZ, and when was it drawn?"."""
    return bool(_NEW_CLAUSE.search(before) and _OWN_SUBJECT.search(before.partition(" ")[2]))


def _may_name_it(before: str) -> bool:
    """The same in small letters: "who were the griots and what did they do"."""
    clause = _NEW_CLAUSE.search(before)
    if clause and own_words(before[: clause.start()]):
        return True
    return len(own_words(before)) >= _MANY


def _is_complete(question: str, own: list[str]) -> bool:
    if _WHAT_IT_IS.match(question):
        return bool(own)
    if _NAMES_NOTHING.issuperset(own) or _THAN_WHAT.search(question):
        return False  # "could you give examples?", "what should i plant instead"
    if _names_whom(question, own) or _is_of_any(question, own):
        return True
    anybody = _OF_ANYBODY.match(question) or _EMPTY_IT.search(question)
    return len(own) >= _ENOUGH and anybody is not None


def _is_of_any(question: str, own: list[str]) -> bool:
    """Whether it asks of a kind of thing, or of the reader's own, and of none that was named."""
    what = _WHAT_ANY_IS.match(question)
    if what and what["how"]:
        return True
    if not _EVALUATES.isdisjoint(own):
        return False  # "what is a better way", "what makes sense"
    if what:  # "what is so special" has a word that says nothing
        return not what["what"] or len(own) >= len(what.captures("what"))
    how = _HOW_ANY_DOES.match(question)
    return how is not None and len(own) >= _ENOUGH and not _SOMEBODYS.fullmatch(how["who"])


def _names_whom(question: str, own: list[str]) -> bool:
    who = _WHO_THEY_ARE.match(question)
    words = who.captures("who") if who else []
    # None of them is a word that says nothing, as in "who is in charge".
    return bool(words) and len(own) == len(words) and not _SOMEBODYS.fullmatch(words[-1])
