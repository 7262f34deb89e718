"""Posts of which a site's API gives almost nothing while their pages show much: page builders."""

from __future__ import annotations

from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser

from ingest.live.polite import Client
from rag.errors import SourceError
from rag.types import ParsedPost, Post

_THIN = 200  # characters of text, below which a page is looked at
_MUCH = 500  # characters that its page must show more
_PLACES = (".entry-content, .wp-block-post-content", "article", "main")  # where a post's text is


@dataclass
class ThinPosts:
    """The first posts with hardly any text, of those that it is offered."""

    most: int
    posts: list[tuple[Post, int]] = field(default_factory=list)
    """With how many characters each of them has."""
    others: int = 0
    """Posts with as little text whose pages are not looked at."""

    def offer(self, parsed: ParsedPost) -> None:
        size = sum(len(section.text) for section in parsed.sections)
        if size < _THIN and parsed.post.url:
            if len(self.posts) < self.most:
                self.posts.append((parsed.post, size))
            else:
                self.others += 1


def shown_elsewhere(client: Client, thin: ThinPosts) -> tuple[str, ...]:
    """The addresses of those whose pages show much more text than was read of them."""
    sizes = client.side_by_side(lambda one: _shown(client, one[0].url), thin.posts)
    return tuple(
        post.url
        for (post, size), shown in zip(thin.posts, sizes, strict=True)
        if shown >= size + _MUCH
    )


def _shown(client: Client, address: str) -> int:
    """Characters of text in the page's own part; 0 where it cannot be told."""
    try:
        page = client.get(address, accept="text/html")
    except SourceError:
        return 0
    html = LexborHTMLParser(page.body)
    for hidden in html.css("script, style, template, noscript, form, nav"):
        hidden.decompose()
    for place in _PLACES:
        texts = [" ".join(node.text(separator=" ").split()) for node in html.css(place)]
        if texts:
            return max(map(len, texts)) if page.status == 200 else 0
    return 0
