"""What was read of a post to its title, its sections and its language."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote, urlsplit

from ingest.html.sections import sections
from ingest.posts.wordpress_post import ReadPost
from rag.text.language import language_of
from rag.types import ParsedPost, Post


def parsed_post(result: ReadPost) -> ParsedPost:
    """A post with its sections and with a title, whatever it lacks."""
    raw = result.raw
    found = sections(raw.html, title=raw.post.title)
    heading = next((s.headings[0] for s in found if s.headings), "")
    slug = unquote(urlsplit(raw.post.url).path.rstrip("/").rpartition("/")[2])
    title = raw.post.title or heading or slug or raw.post.id
    return ParsedPost(replace(raw.post, title=title, translations=raw.translated_as), found)


def with_language(parsed: ParsedPost, before: Post | None) -> ParsedPost:
    """A post whose source does not say its language, with that of its text where it is sure.

    Args:
        parsed: The post.
        before: Its record in the index, where its text has not changed since: that was told.
    """
    if before:
        return replace(parsed, post=replace(parsed.post, language=before.language))
    text = "\n".join((parsed.post.title, *(section.text for section in parsed.sections)))
    return replace(parsed, post=replace(parsed.post, language=language_of(text)))
