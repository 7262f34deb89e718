"""Text to sentences that keep their place, and to search words; in every script."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import regex
from sentencex import get_sentence_boundaries

from rag.types import Block, Section, Sentence

_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+")
# Scripts written without spaces between words, or whose words carry their particles.
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}ー]+")
_THOUSANDS = regex.compile(r"(?<=\d)[,\u00a0\u202f](?=\d{3}(?!\d))")
# Marks that are written or left out as one likes: of Hebrew and Arabic vowels, of lengthened
# Arabic letters, and the joiners of Persian and Indic words.
_OPTIONAL = regex.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640"
                          "\u064b-\u065f\u0670\u200c\u200d]")  # fmt: skip
# Letters that are written one for the other, and the article, which is written with its word.
_ARABIC = str.maketrans("أإآٱىیکة", "ااااييكه")
_ARABIC_LETTER = regex.compile(r"\p{Arabic}")
_ARTICLE = regex.compile(r"(?<![\p{L}\p{M}])(?:[وفبك]?ال|و?لل)(?=\p{L}{3})")
_GERESH = regex.compile("(?<=\\p{Hebrew})[\"'\u05f3\u05f4](?=\\p{Hebrew})")
_WIDTHS = regex.compile("[\uff01-\uff9f]+")  # of letters that stand in rows of square signs
_CYRILLIC = regex.compile(r"\p{Cyrillic}")
_GREEK = regex.compile(r"\p{Greek}")
_LATIN = regex.compile(r"\p{Latin}")
_NO_STOPS = regex.compile(r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
RUNNING = ("paragraph", "quote")  # blocks whose neighbours go on with what they say
_LONGEST_WITHOUT_STOP = 200  # characters; longer ones are cut at spaces where a script has no stops
# Full stops that end no sentence and that the splitter takes for one.
_ABBREVIATION = regex.compile(r"([\p{L}\p{M}\p{N}]+)\u0640?\.$")
_ABBREVIATIONS = frozenset("M MM डॉ प्रो श्री श्रीमती सुश्री पं स्व कु रु नं सं पृ ई".split())
_INITIAL = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Arabic}]\p{M}*")
_TWO_INITIALS = regex.compile(r"\p{Lu}\.-\p{Lu}\.$")
_NEVER_ENDS = regex.compile(r"\p{Thai}")  # writes full stops in abbreviations alone
_GLUED = regex.compile(r"[\p{L}-]")
_WIDE_STOP = regex.compile(r"[。！？](?=\d)")  # the splitter takes it for part of a number
# Of Hebrew abbreviations; the splitter would look for its partner as if it were a quotation mark.
_GERSHAYIM = regex.compile(r'(?<=\p{Hebrew})"(?=\p{Hebrew})')
_SAYS = regex.compile(r"(?:と|って)")  # goes on after what was said in Japanese
_SAID = tuple("」』")
# Words that turn what a sentence says into its opposite.
_DENIAL = regex.compile(
    r"\b(?:no|not|never|none|nobody|nothing|neither|nor|without|cannot|\p{L}+n[’']t)\b",
    regex.IGNORECASE,
)
NUMBER = regex.compile(r"\d+(?:[.,]\d+)*")

# English words that say little by themselves; a question made of them alone keeps them.
STOP_WORDS = frozenset(
    "a about after all also am an and any are as at be because been before being but by can could "
    "did do does doing for from had has have having he her here him his how i if in into is it its "
    "me more most my no nor not of off on once only or other our out over own same she should so "
    "some such than that the their them then there these they this those through to too under "
    "until up us very was we were what when where which while who whom whose why will with would "
    "you your t s don".split()
)


def split_sentences(
    text: str, blocks: tuple[Block, ...] = (), *, language: str | None = None
) -> tuple[Sentence, ...]:
    """The sentences of a section, in order; none crosses a block's border or a line end.

    Together they hold every character of `text` that is not white space. A table's row is one
    sentence, a line of code is one, whatever stops they hold.

    Args:
        text: A section's text.
        blocks: The section's blocks; none means that `text` is one paragraph.
        language: BCP 47; None is read as English, whose abbreviations are known.
    """
    found: list[Sentence] = []
    for block in blocks or (Block(0, len(text)),):
        for start, end in _lines(text, block.start, block.end):
            if block.kind in ("row", "code"):
                found += _stripped(text, start, end)
                continue
            for first, last in _sentences(text[start:end], language):
                found += _stripped(text, start + first, start + last)
    return tuple(found)


def _sentences(line: str, language: str | None) -> Iterator[tuple[int, int]]:
    """Where the sentences of a line begin and end; they cover it."""
    kept: list[tuple[int, int]] = []
    marked = _GERSHAYIM.sub("\u05f4", line)
    for part in get_sentence_boundaries(_written_in(line, language), marked):
        start, end = part["start_index"], part["end_index"]
        if kept and _goes_on(line, *kept[-1]):
            kept[-1] = (kept[-1][0], end)
        else:
            kept.append((start, end))
    for start, end in kept:
        for stop in _WIDE_STOP.finditer(line, start, end):
            yield from _cut_at_spaces(line, start, stop.end())
            start = stop.end()
        yield from _cut_at_spaces(line, start, end)


def _goes_on(line: str, start: int, end: int) -> bool:
    """Whether what the splitter takes for a sentence goes on behind it."""
    text = line[start:end].rstrip()
    if text.endswith(_SAID):
        return _SAYS.match(line, end) is not None
    last = _ABBREVIATION.search(text)
    if last is None or _TWO_INITIALS.search(text):
        return last is not None
    # "是A.B." is an abbreviation behind a word, without a space between them.
    word, behind = _UNSPACED.split(last[1])[-1] or last[1], line[end : end + 1]
    glued = line[end - 1] == "."
    if word in _ABBREVIATIONS or _NEVER_ENDS.match(word):
        return True
    if _INITIAL.fullmatch(word):
        arabic = not word.isascii() and unicodedata.name(word[0], "").startswith("ARABIC")
        return arabic or behind.isdigit() or (glued and _GLUED.match(behind) is not None)
    return glued and word[-1].isdigit() and behind.isdigit()


def _cut_at_spaces(line: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Parts of a sentence in a script that has spaces where others have full stops."""
    while end - start > _LONGEST_WITHOUT_STOP and _NO_STOPS.search(line, start, end):
        space = line.rfind(" ", start + 1, start + _LONGEST_WITHOUT_STOP)
        if space < 0:
            space = line.find(" ", start + _LONGEST_WITHOUT_STOP, end)
        if space < 0:
            break
        yield start, space + 1
        start = space + 1
    yield start, end


def _written_in(text: str, language: str | None) -> str:
    """The language whose abbreviations are looked for; a site's own does not fit all its texts."""
    for script, own in ((_CYRILLIC, "ru"), (_GREEK, "el")):
        if script.search(text) and (not language or not _uses(script, language)):
            letters = len(script.findall(text))
            return own if letters > len(_LATIN.findall(text)) else _base(language)
    return _base(language)


def _uses(script: regex.Pattern[str], language: str) -> bool:
    cyrillic = {"ru", "uk", "be", "bg", "mk", "sr", "kk", "ky", "mn", "tg", "tt"}
    return _base(language) in (cyrillic if script is _CYRILLIC else {"el"})


def _base(language: str | None) -> str:
    return (language or "en").split("-")[0].split("_")[0].lower()


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        line_end = text.find("\n", start, end)
        if line_end < 0:
            line_end = end
        yield start, line_end
        start = line_end + 1


def _stripped(text: str, start: int, end: int) -> list[Sentence]:
    raw = text[start:end]
    clean = raw.strip()
    return [Sentence(clean, start + raw.index(clean))] if clean else []


def search_words(text: str) -> str:
    """What is looked up in a full-text index for a question, or compared with another text's.

    Words separated by spaces; overlapping pairs of characters where a script has no spaces
    (Han, kana, Hangul, Thai, Lao, Khmer), so that a word inside a sentence is found.
    """
    return " ".join(_words(text, indexed=False))


def indexed_words(text: str) -> str:
    """What a full-text index holds for `text`: its search words and more.

    Of a script without spaces also the last character of a run: so a word of one character either
    begins a pair or stands alone.
    """
    return " ".join(_words(text, indexed=True))


def is_one_sign(word: str) -> bool:
    """Whether a search word is a single character of a script without spaces."""
    return len(word) == 1 and _UNSPACED.match(word) is not None


def _words(text: str, *, indexed: bool) -> Iterator[str]:
    for match in _WORD.finditer(_THOUSANDS.sub("", _one_spelling(text))):
        word, place = match.group(), 0
        for run in _UNSPACED.finditer(word):
            yield from filter(None, [word[place : run.start()]])
            yield from _pairs(run.group())
            if indexed and len(run.group()) > 1:
                yield run.group()[-1]
            place = run.end()
        yield from filter(None, [word[place:]])


def _one_spelling(text: str) -> str:
    """Without what one writer sets and another does not: vowel marks, joiners, widths."""
    wide = _WIDTHS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    bare = _GERESH.sub("", _OPTIONAL.sub("", wide))
    return _ARTICLE.sub("", bare.translate(_ARABIC)) if _ARABIC_LETTER.search(bare) else bare


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def question_words(text: str) -> tuple[str, ...]:
    """The search words of a question without stop words, lower case, each once, in order."""
    words = list(dict.fromkeys(search_words(text).lower().split()))
    return tuple(word for word in words if word not in STOP_WORDS) or tuple(words)


def denies(text: str) -> bool:
    """Whether a sentence says that something is not so, by its words; English."""
    return _DENIAL.search(text) is not None


def around(section: Section, sentence: Sentence, *, language: str | None = None) -> tuple[str, str]:
    """The sentences right before and right behind one in running text; empty where there is none.

    What stands next to a row of a table, an item, code or a note says nothing about it.
    """

    def running(start: int) -> bool:
        kinds = [block.kind for block in section.blocks if block.start <= start < block.end]
        return not kinds or kinds[0] in RUNNING

    found = split_sentences(section.text, section.blocks, language=language)
    place = next((i for i, one in enumerate(found) if one.start == sentence.start), None)
    if place is None or not running(sentence.start):
        return "", ""
    before = found[place - 1].text if place and running(found[place - 1].start) else ""
    last = place + 1 == len(found)
    after = "" if last or not running(found[place + 1].start) else found[place + 1].text
    return before, after
