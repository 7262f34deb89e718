"""The languages of an index, and which of them a question is in."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from rag.catalog.catalog import Catalog
from rag.catalog.languages import LanguageShare, language_shares, noted
from rag.text.language import is_in_none, language_of

_NEARLY_ALL = 0.95
MULTILINGUAL = (
    "Set embedding_model to a multilingual model, such as"
    " sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2, and run `pullquote reembed`"
    " with its name."
)


def in_words(one: LanguageShare) -> str:
    """How much of a language the embedding model can read, for people."""
    language = f"language {one.language!r}" if one.language else "no known language"
    posts = f"{one.posts:,} {'post' if one.posts == 1 else 'posts'} in {language}"
    if not one.seen.tokens:
        return f"{posts}; how much of them the embedding model knows is told by the next sync"
    seen = one.seen
    unknown, spelled = (100 * part / seen.tokens for part in (seen.unknown, seen.spelled))
    return (
        f"{posts}: of their tokens the embedding model does not know {unknown:.1f} %, and has"
        f" {spelled:.1f} % only letter by letter"
    )


@dataclass(frozen=True, slots=True)
class _Known:
    state: tuple[object, ...]
    shares: dict[str, LanguageShare]


class IndexLanguages:
    """The languages of one catalog's posts. Safe to use from several threads; follows changes."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._found: _Known | None = None
        self._guard = threading.Lock()

    def of_question(self, text: str) -> tuple[str | None, str | None]:
        """Which of the posts' languages a question is in, and posts of which one come first.

        The first is None where it is not sure or no matter: it matters where there are several, or
        where the model cannot read the only one. The second is the first, or that of most posts
        where the question is surely in a language that no post is in: posts in one that only looks
        like it, as Spanish like French, are no likelier to be read by who asks.
        """
        shares = self._shares()
        if len(shares) > 1:
            own = language_of(text, shares)
            main = next(iter(shares))  # of most posts
            return own, main if own is None and is_in_none(text, shares) else own
        own = next((name for name, one in shares.items() if one.is_unread), None)
        return own, own

    def prepare(self) -> None:
        """Begin to read, beside other work, what tells languages apart, where that will be needed.

        It takes half a second, most of it unpacking, which another core can do meanwhile.
        """
        if self.are_several():
            threading.Thread(target=language_of, args=("any",), name="languages").start()

    def are_several(self) -> bool:
        return len(self._shares()) > 1

    def are_of_others(self, language: str) -> bool:
        """Whether more than a twentieth of the posts, some of which are misjudged, is in others."""
        posts = {name: one.posts for name, one in self._shares().items()}
        return posts.get(language, 0) < _NEARLY_ALL * sum(posts.values())

    def is_unread(self, language: str | None) -> LanguageShare | None:
        """What is known of a language where the model cannot read it, else None."""
        found = self._shares().get(language or "")
        return found if found and found.is_unread else None

    def _shares(self) -> dict[str, LanguageShare]:
        catalog = self._catalog
        with self._guard, catalog.reading():
            state = (catalog.index_id, catalog.generation, noted(catalog))
            if self._found is None or self._found.state != state:
                own = {one.language: one for one in language_shares(catalog) if one.language}
                self._found = _Known(state, own)
            return self._found.shares
