"""Who may come in: the password, API keys of which only hashes are kept, and signed sessions."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock
from itsdangerous import BadSignature, TimestampSigner

from rag.errors import ConfigError
from rag.replacing import replacing

SESSION_SECONDS = 30 * 24 * 3600
_ID_BYTES = 8  # of a session's name; what opens is its signature
_FILE = "access.json"
_PREFIX = "pq_"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Key:
    """An API key, as it is kept."""

    name: str
    hash: str
    made: str
    """The day, UTC."""


class AccessFile:
    """`access.json` in the index's folder: hashes of keys, what signs sessions, and which ended."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / _FILE
        self._read_at: int | None = None
        self._content: dict[str, Any] = {}

    def all_keys(self) -> tuple[Key, ...]:
        self._refresh()
        return tuple(Key(**one) for one in self._content.get("keys", ()))

    def add_key(self, name: str) -> str:
        """A new key; it is told this once.

        Raises:
            ConfigError: There is one of that name.
        """
        key = _PREFIX + secrets.token_urlsafe(32)
        with self._changing():
            if any(one.name == name for one in self.all_keys()):
                raise ConfigError(
                    f"There is a key named {name!r} already.",
                    hint=f"Take another name, or `pullquote key --revoke {name}` first.",
                )
            made = Key(name, _hash(key), f"{datetime.now(UTC):%Y-%m-%d}")
            known = self._content.get("keys", [])
            row = {"name": made.name, "hash": made.hash, "made": made.made}
            self._write({**self._content, "keys": [*known, row]})
        return key

    def revoke(self, name: str) -> None:
        """That key opens nothing any more, with servers that run as well.

        Raises:
            ConfigError: There is none of that name.
        """
        with self._changing():
            known = [one for one in self._content.get("keys", []) if one["name"] != name]
            if len(known) == len(self.all_keys()):
                raise ConfigError(
                    f"There is no key named {name!r}.", hint="`pullquote key --list` names them."
                )
            self._write({**self._content, "keys": known})

    def secret(self) -> str:
        """What sessions are signed with: the same for as long as the file is there."""
        try:
            with self._changing():
                if "secret" not in self._content:
                    self._write({**self._content, "secret": secrets.token_urlsafe(32)})
                return str(self._content["secret"])
        except OSError:
            _log.warning("%s cannot be written: sessions end with this process.", self._file)
            return secrets.token_urlsafe(32)

    def has_ended(self, session: str) -> bool:
        """Whether that session was ended before its time."""
        self._refresh()
        return session in self._content.get("ended", {})

    def end(self, session: str) -> None:
        """That session opens nothing any more, with other servers of the index as well.

        Args:
            session: Its id, which opens nothing by itself.
        """
        now = int(time.time())
        with self._changing():
            known = self._content.get("ended", {})
            still = {id_: at for id_, at in known.items() if now - at < SESSION_SECONDS}
            self._write({**self._content, "ended": {**still, session: now}})

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Read anew, with nobody else writing."""
        with FileLock(f"{self._file}.lock", mode=0o600):
            self._read_at = None
            self._refresh()
            yield

    def _refresh(self) -> None:
        """Read the file where it has changed since."""
        try:
            at = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            self._read_at, self._content = None, {}
            return
        if at != self._read_at:
            try:
                self._content = json.loads(self._file.read_text(encoding="utf-8"))
            except (ValueError, UnicodeDecodeError) as error:
                raise ConfigError(
                    f"{self._file} cannot be read.", hint="Delete it and make new keys."
                ) from error
            self._read_at = at

    def _write(self, content: dict[str, Any]) -> None:
        # Nobody reads half of it; such files are the owner's alone.
        with replacing(self._file) as opened:
            json.dump(content, opened, indent=1)
        self._content = content
        self._read_at = self._file.stat().st_mtime_ns


class Access:
    """Whether what a client brings along opens the doors."""

    def __init__(
        self,
        file: AccessFile,
        password: str | None,
        *,
        purpose: str = "session",
        seconds: int = SESSION_SECONDS,
    ) -> None:
        """Doors that are open to everyone where there is no password.

        Args:
            file: Keys, and what sessions are signed with.
            password: What opens.
            purpose: Sessions of one purpose open nothing for another.
            seconds: How long a session lasts, `SESSION_SECONDS` at most.
        """
        self._file = file
        self._password = password.encode() if password else None
        self._seconds = seconds
        self._ended: set[str] = set()  # where the file cannot be written
        secret = file.secret() if password else secrets.token_urlsafe()
        self._signer = TimestampSigner(secret, salt=f"pullquote {purpose}")
        # Another password ends all sessions.
        self._bears = hmac.new(secret.encode(), self._password or b"", hashlib.sha256).hexdigest()

    @property
    def is_open(self) -> bool:
        return self._password is None

    def is_password(self, given: str) -> bool:
        own = self._password
        return own is not None and hmac.compare_digest(given.encode(errors="replace"), own)

    def key_name(self, token: str) -> str | None:
        """The name of a key; None where it is none."""
        if not token.startswith(_PREFIX):
            return None
        hashed = _hash(token)
        # All of them, so that the time tells nothing.
        found = [one.name for one in self._file.all_keys() if hmac.compare_digest(one.hash, hashed)]
        return found[0] if found else None

    def session(self) -> str:
        """A cookie's value for whoever has given the password."""
        return self._signer.sign(self._bears + secrets.token_hex(_ID_BYTES)).decode()

    def is_session(self, value: str) -> bool:
        return bool(self._id(value))

    def end(self, value: str) -> None:
        """A session that opens nothing from now on; what is none already is none still."""
        id_ = self._id(value)
        if not id_:
            return
        try:
            self._file.end(id_)
        except OSError:
            self._ended.add(id_)
            _log.warning("access.json cannot be written: a session ended for this process alone.")

    def _id(self, value: str) -> str:
        """The id of a session that opens; empty where it is none, or none any more."""
        try:
            borne = self._signer.unsign(value, max_age=self._seconds).decode()
        except BadSignature:
            return ""
        bears, id_ = borne[: len(self._bears)], borne[len(self._bears) :]
        own = self._password is not None and hmac.compare_digest(bears, self._bears)
        ended = id_ in self._ended or self._file.has_ended(id_)
        return id_ if own and not ended else ""


def password_of(authorization: str) -> str | None:
    """The password of an `Authorization: Basic …`; None where it is none."""
    kind, _, rest = authorization.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    except ValueError:
        return None


def _hash(key: str) -> str:
    # A key is 256 random bits, which nobody can guess; so a quick hash is enough.
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
