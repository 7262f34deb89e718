"""All of the owner's page, as the doors take it: a lock, doors behind it, and an end."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from rag.assistant import Assistant
from ui.doors.access import Access, AccessFile
from ui.doors.asking import Asker
from ui.doors.login import Session, login_routes
from ui.owner.desk import OwnerDesk
from ui.owner.lock import COOKIE, PAGE, SECONDS, OwnerLock
from ui.owner.routes import owner_routes
from ui.syncing import Syncing

_SESSION = Session(COOKIE, SECONDS, strict=True, home="../owner")


@dataclass(frozen=True, slots=True)
class OwnerPart:
    """The owner's page of one server."""

    lock: OwnerLock
    routers: tuple[APIRouter, ...]
    desk: OwnerDesk

    def close(self) -> None:
        """End what goes on for the owner."""
        self.desk.close()


def owner_part(asker: Asker, file: AccessFile, syncing: Syncing, *, at_home: bool) -> OwnerPart:
    """The page, whether somebody may come in or nobody.

    Args:
        asker: Whose assistant and threads are used.
        file: What sessions are signed with.
        syncing: What *Sync now* starts.
        at_home: As `OwnerLock` takes it.
    """
    settings = asker.assistant.settings
    password = settings.owner_password
    access = Access(
        file, password.get_secret_value() if password else None, purpose="owner", seconds=SECONDS
    )
    name = _name(asker.assistant)
    desk = OwnerDesk(asker.assistant, syncing)
    routers = (
        login_routes(access, f"{name}: owner", prefix=PAGE, session=_SESSION),
        owner_routes(asker, desk, name, locked=not access.is_open),
    )
    return OwnerPart(OwnerLock(access, at_home=at_home), routers, desk)


def _name(assistant: Assistant) -> str:
    return assistant.settings.site_name or ", ".join(assistant.index.status().hosts) or "pullquote"
