"""The application password of a site: from the settings, or from the system's keyring."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

from ingest.live.hosts import Secret, site_of
from rag.errors import ConfigError
from rag.settings import Settings


def refuse_in_address(address: str) -> None:
    """A command line is seen by others and kept in a history.

    Raises:
        ConfigError: There is a password in the address.
    """
    parts = urlsplit(address)
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            f"There is a user or a password in the address of {parts.hostname}.",
            hint="Leave it out; set wordpress_user, and PULLQUOTE_WORDPRESS_PASSWORD in the"
            " environment.",
        )


def secret_for(address: str, settings: Settings) -> Secret | None:
    """What opens the site; None where no user is set: then everyone's view is read.

    Raises:
        ConfigError: There is a user and no password, or it would be sent without encryption.
    """
    refuse_in_address(address)
    if settings.wordpress_user is None:
        if settings.wordpress_password is not None:
            raise ConfigError(
                "There is a wordpress_password and no wordpress_user.",
                hint="Set wordpress_user to the user whose application password it is.",
            )
        return None
    host = site_of(address)
    if not address.lower().startswith("https:") and not settings.allow_private_network:
        raise ConfigError(
            f"The password for {host} would be sent without encryption.",
            hint="Give the address with https.",
        )
    if settings.wordpress_password is not None:
        password: str | None = settings.wordpress_password.get_secret_value()
    else:
        password = _from_keyring(host, settings.wordpress_user)
    if not password:
        raise ConfigError(
            f"There is no application password for {settings.wordpress_user!r} at {host}.",
            hint="Set PULLQUOTE_WORDPRESS_PASSWORD in the environment, or keep it with"
            f" `keyring set pullquote:{host} {settings.wordpress_user}`.",
        )
    joined = f"{settings.wordpress_user}:{password}".encode()
    return Secret(
        f"Basic {base64.b64encode(joined).decode('ascii')}",
        host,
        plain_http=settings.allow_private_network,
    )


def _from_keyring(host: str, user: str) -> str | None:
    try:
        import keyring  # an extra: few machines without a desktop have one
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        found: str | None = keyring.get_password(f"pullquote:{host}", user)
    except KeyringError as error:
        raise ConfigError(
            f"The keyring cannot be read: {error}.",
            hint="Open it, or set PULLQUOTE_WORDPRESS_PASSWORD in the environment.",
        ) from error
    return found
