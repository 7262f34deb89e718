"""Who may see the owner's page: whoever gave the owner's password, or sits at the machine."""

from __future__ import annotations

from ui.doors.access import Access
from ui.doors.problems import Refused
from ui.doors.wire import PROXIED, Scope, cookie, is_from_own_page

COOKIE = "pullquote_owner"
SECONDS = 12 * 3600
"""How long an owner stays logged in."""
PAGE = "/owner"
LOGIN = f"{PAGE}/login"
_FREE = {LOGIN, f"{PAGE}/logout"}
_OF_PROXIES = {b"forwarded", b"via", b"x-real-ip"}  # beside `X-Forwarded-…`


class OwnerLock:
    """The lock of the owner's page, which no key and no reader's password opens."""

    def __init__(self, access: Access, *, at_home: bool) -> None:
        """A lock.

        Args:
            access: The owner's password.
            at_home: Whether the server has no password at all and listens on its own machine alone.
                Then, without an owner's password, whoever sits there is the owner.
        """
        self._access = access
        self._at_home = at_home

    @property
    def is_there(self) -> bool:
        """Whether there is an owner's page at all."""
        return self._at_home or not self._access.is_open

    def is_session(self, scope: Scope) -> bool:
        """Whether the owner's password was given."""
        return self._access.is_session(cookie(scope, COOKIE))

    def lets_in(self, scope: Scope) -> bool:
        if self._access.is_open:
            return self._at_home and not _is_through_proxy(scope)
        return self.is_session(scope)

    def require(self, scope: Scope, path: str) -> None:
        """Let the owner through, and nobody else.

        Raises:
            Refused: It is somebody else, or there is no such page.
        """
        if not self.is_there or (self._access.is_open and not self.lets_in(scope)):
            raise Refused(
                404, "There is no owner's page here.",
                hint="Set owner_password, and start the server again.",
            )  # fmt: skip
        if scope["method"] == "POST" and not is_from_own_page(scope):
            raise Refused(
                403, "The owner's page takes nothing from pages of other sites.",
                hint="Do it on the page itself; a proxy has to pass on the Host it was asked for.",
            )  # fmt: skip
        if path not in _FREE and not self.lets_in(scope):
            raise Refused(
                401, "The owner's page asks for the owner's password.", hint=f"Log in at {LOGIN}."
            )


def is_owners(path: str) -> bool:
    return path == PAGE or path.startswith(f"{PAGE}/")


def _is_through_proxy(scope: Scope) -> bool:
    # Strangers may come through it. One that says nothing of itself cannot be told from a browser.
    return scope.get(PROXIED, False) or any(name in _OF_PROXIES for name, _ in scope["headers"])
