"""`GET /api/posts/{id}`: a post of the index, section by section."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from rag.assistant import Assistant
from rag.catalog.find import find_post
from rag.catalog.read import parsed_post
from rag.links import deep_link
from rag.types import ParsedPost, Section
from ui.doors.asking import Asker
from ui.doors.problems import RESPONSES, Problem


class SectionRecord(BaseModel):
    """A post's text under one heading."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    key: str
    headings: tuple[str, ...]
    url: str
    """Where it stands in the page; empty where the post has no address."""
    text: str


class PostRecord(BaseModel):
    """A post with its sections, in reading order."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id: str
    title: str
    url: str
    published: datetime | None
    modified: datetime | None
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    language: str | None
    recovered: str | None
    """How it was recovered from a damaged file; None where it was whole."""
    may_be_cut: bool
    sections: tuple[SectionRecord, ...]


def read_whole_post(assistant: Assistant, wanted: str) -> ParsedPost:
    """The post that is meant by an id, an address, or a WordPress id that is unique.

    Raises:
        PostUnknown: There is none, or there are several.
    """
    catalog = assistant.index.catalog
    with catalog.reading():
        return parsed_post(catalog, find_post(catalog, wanted))


def section_url(assistant: Assistant, parsed: ParsedPost, section: Section) -> str:
    return deep_link(parsed.post, section, base=assistant.settings.link_base)


def post_routes(asker: Asker) -> APIRouter:
    router = APIRouter()
    assistant = asker.assistant

    @router.get(
        "/api/posts/{id:path}",
        response_model=PostRecord,
        responses={
            **{code: RESPONSES[code] for code in (401, 422, 429, 503)},
            404: {"model": Problem, "description": "There is no such post."},
        },
    )
    async def read_post(id: str) -> PostRecord:  # noqa: A002 - the name in the path
        """A post of the index, by its id ("blog.example.org/12") or its address."""
        parsed = await asker.call(lambda: read_whole_post(assistant, id))
        return _record(assistant, parsed)

    return router


def _record(assistant: Assistant, parsed: ParsedPost) -> PostRecord:
    post, damage = parsed.post, parsed.post.damage
    return PostRecord(
        id=post.id,
        title=post.title,
        url=deep_link(post, None, base=assistant.settings.link_base),
        published=post.published,
        modified=post.modified,
        authors=post.authors,
        categories=post.categories,
        tags=post.tags,
        language=post.language,
        recovered=damage.recovered if damage else None,
        may_be_cut=damage is not None and not damage.complete,
        sections=tuple(
            SectionRecord(
                key=section.key,
                headings=section.headings,
                url=section_url(assistant, parsed, section),
                text=section.text,
            )
            for section in parsed.sections
        ),
    )
