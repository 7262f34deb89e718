"""What the words of a question mean in an index: names, rare words, spellings, capital letters."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic

import regex

from rag.catalog import lexicon as catalog_lexicon
from rag.catalog.catalog import Catalog
from rag.catalog.read import choices
from rag.text.inflections import doers, uncommon_bases
from rag.text.names import Names, names_of
from rag.text.number_words import NUMBER, other_form
from rag.text.post_words import NOUN, VERB
from rag.text.sentences import STOP_WORDS, search_words
from rag.text.spelling import (
    AKIN,
    ENDING,
    are_akin,
    distance,
    is_name,
    letters_in,
    letters_of,
    phrases_in,
    same_start,
    stem_distance,
    tolerance,
)

_LONG = 8  # letters of a name that comes near no common word by chance
_STEMS = 8  # nearest stems whose words are looked at
_CORRECTED = 6  # unknown words of a question that are looked for: each costs milliseconds
_KEPT = 20_000  # words whose place is remembered
_SLOW = 0.2  # seconds; names that are read in less are read again after every change
_SELDOM = 20  # times as long as it takes to read all names, until they are read again
_LETTERS = regex.compile(r"\p{Latin}+")
# Words in which a question speaks of posts: it asks with them, whatever posts say.
_OF_POSTS = regex.compile(rf"{NOUN}|{VERB}", regex.IGNORECASE)
_NEAR_CAPITALS = regex.compile(r"(?<!\w)[A-Za-z]{2,6}(?!\w)")  # what may be an abbreviation


@dataclass(frozen=True, slots=True)
class _Near:
    """What a word is probably meant for, in lower case."""

    word: str
    is_name: bool
    """Whether most posts begin it with a capital letter."""


@dataclass(slots=True)
class _Known:
    """Read once for each state of the catalog."""

    state: tuple[object, ...]
    passages: int
    acronyms: dict[str, str] = field(default_factory=dict)
    frequencies: dict[str, int] = field(default_factory=dict)
    nearest: dict[str, _Near | None] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Read:
    """All names, which take a second to be read from a hundred thousand posts."""

    state: tuple[object, ...]
    """Which index, and its generation."""
    names: Names
    until: float
    """They do until then, as `monotonic` has it, whatever was written meanwhile."""


class Lexicon:
    """The words of one catalog. Safe to use from several threads; follows the catalog's changes."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._found: _Known | None = None
        self._guard = threading.Lock()
        self._read: _Read | None = None
        self._reading = threading.Lock()

    @property
    def names(self) -> Names:
        """Authors, categories, tags and sites.

        While a sync writes, they are not read again for each of its thousands of passages; one
        question reads them, and others take those that are there.
        """
        state, kept = self._known().state, self._read
        if kept and (
            kept.state == state or (kept.state[0] == state[0] and monotonic() < kept.until)
        ):
            return kept.names
        if not self._reading.acquire(blocking=kept is None):
            assert kept is not None
            return kept.names
        try:
            if self._read is None or self._read is kept:  # else another thread has just read them
                self._read = self._all_names()
            return self._read.names
        finally:
            self._reading.release()

    def _all_names(self) -> _Read:
        catalog, started = self.catalog, monotonic()
        with catalog.reading():
            own = choices(catalog)
            names = names_of(own.authors, own.categories, own.tags, catalog.hosts())
            state = (catalog.index_id, catalog.generation)
        ended = monotonic()
        taken = ended - started
        return _Read(state, names, ended + _SELDOM * taken if taken > _SLOW else 0)

    def spelled_out(self, letters: str) -> str:
        """The words that most posts say capital letters stand for; empty where none says."""
        known = self._known().acronyms
        if letters not in known:
            if len(known) >= _KEPT:
                known.clear()
            known[letters] = catalog_lexicon.words_of(self.catalog, letters)
        return known[letters]

    def frequency(self, word: str) -> int:
        """How many passages hold a search word, up to 20,000."""
        counted = self._known().frequencies
        if word not in counted:
            if len(counted) >= _KEPT:
                counted.clear()
            counted[word] = catalog_lexicon.passages_with(self.catalog, word)
        return counted[word]

    def rarity(self, word: str) -> float:
        """Inverse document frequency of a search word; positive, or 0 for one of no passage."""
        held = self.frequency(word)
        return math.log((self._known().passages + 1.5) / (held + 0.5)) if held else 0.0

    @property
    def rarest(self) -> float:
        """The inverse document frequency of a word that no passage holds."""
        return math.log((self._known().passages + 1.5) / 0.5)

    def nearest(self, word: str) -> str | None:
        """The word of the posts that a word which occurs in none of them is probably meant for.

        Args:
            word: In lower case; of Latin letters, else nothing is near.
        """
        near = self._near(word)
        return near.word if near else None

    def _near(self, word: str) -> _Near | None:
        most = tolerance(word)
        if not most or not _LETTERS.fullmatch(word) or self.frequency(word):
            return None
        known = self._known().nearest
        if word not in known:
            if len(known) >= _KEPT:
                known.clear()
            own = next(filter(self.frequency, uncommon_bases(word)), None)
            if own:
                known[word] = _Near(own, is_name=False)
            elif any(map(self.frequency, doers(word))):  # "dives", where posts have "divers"
                known[word] = None
            else:
                known[word] = self._search(word, most)
        return known[word]

    def otherwise(self, text: str) -> str:
        """A question in other words: misspellings set right, capital letters spelled out.

        A word that no post has becomes the nearest one that one has; capital letters become what a
        post says they stand for, and the other way round; a number that no post has becomes the
        word that one has, or the other way round. Itself where there is nothing to change.
        """
        changed = _NEAR_CAPITALS.sub(lambda match: self._in_titles(match[0]) or match[0], text)
        changed = NUMBER.sub(lambda match: self._as_posts_count(match[0]) or match[0], changed)
        candidates = (
            *letters_in(text),
            *catalog_lexicon.letters_for(self.catalog, phrases_in(text)),
        )
        for letters in dict.fromkeys(candidates):
            words = self.spelled_out(letters)
            if not words:
                continue
            if regex.search(rf"(?<!\w){regex.escape(letters)}(?!\w)", text):
                changed = regex.sub(rf"(?<!\w){regex.escape(letters)}(?!\w)", words, changed)
            elif words.lower() in text.lower():
                own = regex.compile(rf"(?<!\w){regex.escape(words)}(?!\w)", regex.IGNORECASE)
                changed = own.sub(letters, changed)
        unknown = [
            word
            for word in dict.fromkeys(match[0].lower() for match in _LETTERS.finditer(changed))
            if tolerance(word)
            and word not in STOP_WORDS | self.names.words
            and not _OF_POSTS.fullmatch(word)
            and not self.frequency(word)
        ]
        looked_for = set(unknown[:_CORRECTED])

        def corrected(match: regex.Match[str]) -> str:
            near = self._near(match[0].lower()) if match[0].lower() in looked_for else None
            if near is None or (not _fits(near, match[0]) and is_name(changed, match.span())):
                return match[0]
            return near.word

        return _LETTERS.sub(corrected, changed)

    def is_unheard_of(self, name: str) -> bool:
        """Whether posts hold neither a name nor one that it may come from or be meant for.

        Args:
            name: A word that is written as a name: "Musk", "COBOL".
        """
        lower = name.lower()
        words = search_words(lower).split()
        if any(map(self.frequency, words)) or not self.names.words.isdisjoint({lower, *words}):
            return False
        near = self._near(lower)
        if (near and _fits(near, name)) or self.spelled_out(name):
            return False
        terms = catalog_lexicon.terms_from(self.catalog, lower[:AKIN], AKIN, len(lower) + AKIN)
        return not any(are_akin(lower, term) for term, _ in terms)

    def _in_titles(self, letters: str) -> str:
        """What letters stand for by the titles and headings over them; empty where none says."""
        if self.spelled_out(letters.upper()) or letters.lower() in STOP_WORDS:
            return ""
        known = self._known().spelled
        if letters not in known:
            if len(known) >= _KEPT:
                known.clear()
            titles = catalog_lexicon.titles_beside_capitals(self.catalog, letters)
            found = Counter(words.lower() for t in titles if (words := letters_of(letters, t)))
            known[letters] = min(found, key=lambda words: (-found[words], words), default="")
        return known[letters]

    def _as_posts_count(self, number: str) -> str | None:
        """The other form of a number, where posts have that one and not this one."""
        other = other_form(number)
        if other is None or self._held(number):
            return None
        return other if self._held(other) else None

    def _held(self, text: str) -> bool:
        return all(self.frequency(word) for word in search_words(text).split())

    def _search(self, word: str, most: int) -> _Near | None:
        shortest, longest = len(word) - most - ENDING, len(word) + most
        terms = [
            one
            for start in (word[0], word[1::-1])
            for one in catalog_lexicon.terms_from(self.catalog, start, shortest, longest)
        ]
        stems = sorted(
            (near, -held, term)
            for term, held in terms
            if len(set(term) - set(word)) <= most
            and (near := stem_distance(word, term, most)) <= most
        )
        written = [
            (distance(word, own, most), -held, own, named)
            for _, held, term in stems[:_STEMS]
            for own, named in _forms(catalog_lexicon.written_near(self.catalog, term))
            if own[:1] and same_start(word, own) and _LETTERS.fullmatch(own)
        ]
        near, _, best, named = min(written, default=(most + 1, 0, "", False))
        return _Near(best, named) if near <= most else None

    def _known(self) -> _Known:
        catalog = self.catalog
        with self._guard, catalog.reading():
            state = (catalog.index_id, catalog.generation)
            if self._found is None or self._found.state != state:
                self._found = _Known(state, catalog.words.noted())
            return self._found


def _fits(near: _Near, name: str) -> bool:
    """Whether a name may be meant for a word, as "COBOL" is not for "cool"."""
    return near.is_name or len(name) >= _LONG


def _forms(written: Counter[str]) -> Iterator[tuple[str, bool]]:
    """Words in lower case, and whether most of them begin with a capital letter."""
    capital = Counter[str]()
    for word, times in written.items():
        capital[word.lower()] += times if word[:1].isupper() else -times
    return ((word, more > 0) for word, more in capital.items())
