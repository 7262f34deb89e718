"""All of the owner's page, as the doors take it: a lock, doors behind it, and an end."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from ui.doors.access import Access, AccessFile
from ui.doors.asking import Asker
from ui.doors.login import Session, login_routes
from ui.doors.owner_lock import COOKIE, PAGE, SECONDS, OwnerLock
from ui.doors.rates import Rates
from ui.look import site_name
from ui.owner.desk import OwnerDesk
from ui.owner.routes import owner_routes
from ui.syncing import Syncing
from ui.texts import Texts

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


def owner_part(
    asker: Asker, file: AccessFile, rates: Rates, syncing: Syncing, texts: Texts, *, at_home: bool
) -> OwnerPart:
    """The page, whether somebody may come in or nobody.

    Args:
        asker: Whose assistant and threads are used.
        file: What sessions are signed with.
        rates: How often a client may try the password.
        syncing: What *Sync now* starts.
        texts: The page's words.
        at_home: As `OwnerLock` takes it.
    """
    settings = asker.assistant.settings
    password = settings.owner_password
    access = Access(
        file, password.get_secret_value() if password else None, purpose="owner", seconds=SECONDS
    )
    name = site_name(asker.assistant, texts)
    desk = OwnerDesk(asker.assistant, syncing)
    routers = (
        login_routes(
            access,
            rates,
            settings,
            texts,
            texts.say("own_login", name=name),
            prefix=PAGE,
            session=_SESSION,
        ),
        owner_routes(asker, desk, texts, name, locked=not access.is_open),
    )
    return OwnerPart(OwnerLock(access, at_home=at_home), routers, desk)
