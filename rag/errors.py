"""Every error raised on purpose, each with what happened and what to do next.

PullquoteError
├── ConfigError          a setting is unknown or out of its range
├── SourceError          a source cannot be read as WordPress data
├── IndexMissing         nothing has been ingested yet
├── IndexBusy            another process is writing
├── IndexMismatch        the index was made with something else than is asked for
├── IndexUnwritable      the disk is full, or the folder may not be written
├── IndexUnavailable     a server that holds a part of the index does not answer, or it was closed
├── IndexDamaged         catalog and Chroma, or the catalog itself, do not fit together
├── PostUnknown          no post, or more than one, is meant by what was typed
├── BackupInvalid        a backup cannot be taken here or restored from there
├── ModelUnavailable     a model cannot be loaded or does not answer
├── WorkersUnavailable   the machines that were to read and embed do not answer
├── QuestionInvalid      a question cannot be asked as it is
└── Stopped              nobody waits for the answer any more
"""

from __future__ import annotations


class PullquoteError(Exception):
    """What happened, with the value, and what to do next.

    Args:
        problem: One sentence for people.
        hint: What to do next, one sentence for people.
    """

    def __init__(self, problem: str, *, hint: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.problem} {self.hint}"


class ConfigError(PullquoteError):
    """A setting is unknown or out of its range."""


class SourceError(PullquoteError):
    """A source cannot be read as WordPress data."""


class IndexMissing(PullquoteError):
    """Nothing has been ingested yet."""


class IndexBusy(PullquoteError):
    """Another process is writing to the index."""


class IndexMismatch(PullquoteError):
    """The index was made with another model, or by a newer version, than is asked for."""


class IndexUnwritable(PullquoteError):
    """The index cannot be written: the disk is full, or the folder is read-only."""


class IndexUnavailable(PullquoteError):
    """A server that holds a part of the index does not answer, or the index was closed."""


class IndexDamaged(PullquoteError):
    """The parts of the index do not fit together."""


class PostUnknown(PullquoteError):
    """No post of the index, or more than one, is meant."""


class BackupInvalid(PullquoteError):
    """A backup cannot be taken to this place, or restored from or to it."""


class ModelUnavailable(PullquoteError):
    """A model cannot be loaded, or a chat model does not answer."""


class WorkersUnavailable(PullquoteError):
    """The machines that were to read and embed posts do not answer, or gave up."""


class QuestionInvalid(PullquoteError):
    """A question is empty or longer than allowed, or comes with something of another form."""


class Stopped(PullquoteError):
    """Whoever asked waits no longer; seen by nobody, unless somebody looks after all."""

    def __init__(self) -> None:
        super().__init__("The answer was stopped.", hint="Ask again for an answer.")
