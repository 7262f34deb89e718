"""The posts as tools of the Model Context Protocol. The only file that knows its package."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Annotated

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from rag.asked import filters_of
from rag.errors import PostUnknown, PullquoteError
from rag.limit_fields import Time
from rag.links import deep_link
from rag.record import AnswerRecord, record
from rag.types import Filters, Hit
from rag.understanding.courtesy import asks_nothing, is_courtesy
from ui.doors.asking import Asked, Asker
from ui.doors.footnotes import whole
from ui.doors.posts import SectionRecord, read_whole_post, section_url
from ui.doors.problems import too_often
from ui.doors.rates import SCOPE_CLIENT, Rates, What
from ui.doors.unasked import unasked
from ui.doors.wire import App

PATH = "/mcp"
_HITS = 20  # of a search, at most
_ABOUT = (
    "Search and read the posts of {site}, or ask them. `ask` answers with sentences that were "
    "checked, each with the place where it stands; no sentences means that the posts do not say."
)

Query = Annotated[str, Field(min_length=1, description="In any words.")]
Limit = Annotated[int, Field(ge=1, le=_HITS, description="Sections, at most.")]
Names = list[str] | None
Day = Annotated[Time, Field(description="A date or time; without a zone it is UTC.")]


class FoundSection(BaseModel):
    """A stretch of a section that may be what is looked for."""

    post_id: str
    title: str
    section: str
    headings: tuple[str, ...]
    published: datetime | None
    url: str
    text: str
    relevance: float


class FoundSections(BaseModel):
    """Best first."""

    found: tuple[FoundSection, ...]


class ReadSection(SectionRecord):
    """A section with the post that it stands in."""

    post_id: str
    title: str
    sections: tuple[str, ...]
    """The keys of all sections of the post, in reading order."""


def mcp_server(asker: Asker, rates: Rates | None = None) -> MCPServer[None]:
    """A server with the tools, for any transport.

    Args:
        asker: Who answers.
        rates: How often a client may ask over HTTP; None: as often as it likes.
    """
    settings = asker.assistant.settings
    about = _ABOUT.format(site=settings.site_name or "a WordPress site")
    with _logging_as_it_was():
        server: MCPServer[None] = MCPServer("pullquote", instructions=about, log_level="WARNING")
    hints = ToolAnnotations(read_only_hint=True, open_world_hint=False)

    @server.tool(annotations=hints)
    async def search_posts(
        query: Query,
        limit: Limit = 10,
        authors: Names = None,
        categories: Names = None,
        tags: Names = None,
        since: Day = None,
        until: Day = None,
    ) -> FoundSections:
        """Find sections of the posts by meaning and words."""
        with _told():
            wanted = filters_of(authors, categories, tags, since=since, until=until)
            hits = await asker.call(lambda: _search(asker, query, wanted))
        base = settings.link_base
        return FoundSections(found=tuple(_found(hit, base) for hit in hits[:limit]))

    @server.tool(annotations=hints)
    async def ask(
        question: Query,
        authors: Names = None,
        categories: Names = None,
        tags: Names = None,
        since: Day = None,
        until: Day = None,
        *,
        context: Context,
    ) -> Annotated[CallToolResult, AnswerRecord]:
        """Answer a question from the posts, with the sentences that the answer rests on."""
        with _told():
            if rates:
                _count(rates, context)
            wanted = filters_of(authors, categories, tags, since=since, until=until)
            if asks_nothing(question):
                text, made = await asyncio.to_thread(unasked, question, asker.assistant)
            else:
                answer = await asker.answer(Asked(question, filters=wanted), door="mcp")
                text, made = whole(answer), record(answer)
        return CallToolResult(
            content=[TextContent(type="text", text=text)],
            structured_content=made.model_dump(mode="json", by_alias=True),
        )

    @server.tool(annotations=hints)
    async def read_section(post_id: str, section: str = "0") -> ReadSection:
        """Read a section of a post: `post_id` and `section` as a search or an answer has them."""
        with _told():
            return await asker.call(lambda: _read(asker, post_id, section))

    return server


class McpDoor:
    """The tools over streamable HTTP, at `/mcp`."""

    def __init__(self, asker: Asker, rates: Rates) -> None:
        self._server = mcp_server(asker, rates)
        self.app: App = self._server.streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,  # so that a restart, or a client that is gone, leaves nothing
            # Behind a proxy the host is any name; the gate looks at where a request comes from.
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        async with self._server.session_manager.run():
            yield


def _count(rates: Rates, context: Context) -> None:
    """One question more, of whoever the request at hand is counted for.

    Raises:
        Refused: It is one too many.
    """
    request = context.request_context.request  # none on standard input
    if request and (wait := rates.count(What.QUESTION, request.scope[SCOPE_CLIENT])):
        raise too_often("questions", wait)


def _search(asker: Asker, query: str, wanted: Filters) -> tuple[Hit, ...]:
    if is_courtesy(query):  # which no section is about, and which is no mistake
        return ()
    assistant = asker.assistant
    return assistant.retrieve(assistant.understand(query, filters=wanted, recognise=False)).hits


def _found(hit: Hit, base: str) -> FoundSection:
    post, section = hit.passage.post, hit.passage.section
    return FoundSection(
        post_id=post.id,
        title=post.title,
        section=section.key,
        headings=section.headings,
        published=post.published,
        url=deep_link(post, section, hit.passage.sentences[0], base=base),
        text=hit.passage.text,
        relevance=hit.relevance,
    )


def _read(asker: Asker, post_id: str, key: str) -> ReadSection:
    parsed = read_whole_post(asker.assistant, post_id)
    section = next((one for one in parsed.sections if one.key == key), None)
    keys = tuple(one.key for one in parsed.sections)
    if section is None:
        raise PostUnknown(
            f"The post {parsed.post.id} has no section {key!r}.",
            hint=f"It has {', '.join(keys)}.",
        )
    return ReadSection(
        post_id=parsed.post.id,
        title=parsed.post.title,
        sections=keys,
        key=section.key,
        headings=section.headings,
        url=section_url(asker.assistant, parsed, section),
        text=section.text,
    )


@contextmanager
def _told() -> Iterator[None]:
    """Errors on purpose are told to the model; of all others it learns nothing."""
    try:
        yield
    except PullquoteError as error:
        raise ToolError(str(error)) from error


@contextmanager
def _logging_as_it_was() -> Iterator[None]:
    # The package sets up the log of the whole program when a server is made.
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
