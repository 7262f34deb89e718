"""The catalog's tables, and how an older catalog gets those of today.

Each version's change stands here as it was made, so a catalog of any version can be led up to the
present one, a step at a time and in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from rag.catalog.acronyms import note_all
from rag.catalog.engine import Connection, transaction

SCHEMA_VERSION = 6

TOKENIZER = "tokenize = \"porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\""

_V1 = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE posts (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, url TEXT NOT NULL,
    published INTEGER, modified INTEGER,            -- seconds since 1970, UTC
    authors TEXT NOT NULL, categories TEXT NOT NULL, tags TEXT NOT NULL,   -- JSON lists
    language TEXT, recovered TEXT, complete INTEGER NOT NULL DEFAULT 1,
    source TEXT NOT NULL, record_hash TEXT NOT NULL, content_hash TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX posts_published ON posts (published);
CREATE TABLE sections (
    post_id TEXT NOT NULL REFERENCES posts ON DELETE CASCADE, ordinal INTEGER NOT NULL,
    key TEXT NOT NULL, headings TEXT NOT NULL, anchor TEXT, page INTEGER NOT NULL,
    text TEXT NOT NULL, blocks TEXT NOT NULL,
    PRIMARY KEY (post_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE passages (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    post_id TEXT NOT NULL REFERENCES posts ON DELETE CASCADE,
    section INTEGER NOT NULL,                       -- the section's ordinal
    position INTEGER NOT NULL, sentences TEXT NOT NULL,   -- JSON list of [start, end]
    tokens INTEGER NOT NULL, embedding_key TEXT NOT NULL
);
CREATE INDEX passages_post ON passages (post_id, position);
CREATE INDEX passages_embedding ON passages (embedding_key);
CREATE TABLE embeddings (
    key TEXT PRIMARY KEY,
    passage BLOB NOT NULL,                          -- float16 (dimension)
    sentences BLOB NOT NULL,                        -- int8 (sentences, width of the model)
    tokens BLOB NOT NULL,                           -- int8 (kept tokens, width)
    token_ids BLOB NOT NULL,                        -- int32 (kept tokens)
    token_sentence BLOB NOT NULL                    -- int16 (kept tokens)
) WITHOUT ROWID;
-- How many passages hold a token of the model's vocabulary.
CREATE TABLE token_frequency (token INTEGER PRIMARY KEY, passages INTEGER NOT NULL);
CREATE TABLE outbox (passage_id TEXT PRIMARY KEY, operation TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (
    title, headings, text,
    tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
);
"""

_V2 = """
-- What ingest has to remember of a source from one sync to the next; the JSON is its own.
CREATE TABLE sources (label TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
-- Posts that the source did not name when it was last asked.
CREATE TABLE missing (
    post_id TEXT PRIMARY KEY, source TEXT NOT NULL,
    since INTEGER NOT NULL                          -- seconds since 1970, UTC
) WITHOUT ROWID;
-- What could not be read, and why.
CREATE TABLE quarantine (
    source TEXT NOT NULL, origin TEXT NOT NULL, post_id TEXT, reason TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (source, origin, reason)
) WITHOUT ROWID;
"""

_V3 = """
-- Ids of the same post in other languages, a JSON list.
ALTER TABLE posts ADD COLUMN translations TEXT NOT NULL DEFAULT '[]';
"""

_V4 = """
-- Posts that were forgotten and stay out: keyed hashes of their ids, and nothing of them.
CREATE TABLE forgotten (
    digest TEXT PRIMARY KEY,
    since INTEGER NOT NULL                          -- seconds since 1970, UTC
) WITHOUT ROWID;
-- The number format of the forward pass is part of the model's name; float32 where none was noted.
UPDATE meta SET value = value || '/' ||
    coalesce((SELECT value FROM meta WHERE name = 'precision'), 'float32')
    WHERE name = 'embedder';
DELETE FROM meta WHERE name = 'precision';
"""

_V5 = """
-- What posts spell out, such as "Federal Election Commission (FEC)".
CREATE TABLE acronyms (
    letters TEXT NOT NULL, words TEXT NOT NULL,
    post_id TEXT NOT NULL REFERENCES posts ON DELETE CASCADE,
    folded TEXT NOT NULL,                           -- the words in lower case
    times INTEGER NOT NULL,
    PRIMARY KEY (letters, words, post_id)
) WITHOUT ROWID;
CREATE INDEX acronyms_folded ON acronyms (folded);
CREATE INDEX acronyms_post ON acronyms (post_id);
"""

_V6 = """
-- Rows of ten kilobytes stand beside the tree of their keys, not in it: found in half the time.
CREATE TABLE embeddings_beside (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
    -- First what every search reads of a candidate; each as it was.
    passage BLOB NOT NULL, token_ids BLOB NOT NULL, tokens BLOB NOT NULL,
    token_sentence BLOB NOT NULL, sentences BLOB NOT NULL
);
INSERT INTO embeddings_beside (key, passage, token_ids, tokens, token_sentence, sentences)
    SELECT key, passage, token_ids, tokens, token_sentence, sentences FROM embeddings;
DROP TABLE embeddings;
ALTER TABLE embeddings_beside RENAME TO embeddings;
"""

_STEPS = {1: _V1, 2: _V2, 3: _V3, 4: _V4, 5: _V5, 6: _V6}
_THEN: dict[int, Callable[[Connection], None]] = {5: note_all}
"""What SQL alone cannot do in a step."""


def upgrade(connection: Connection) -> None:
    """Lead a catalog, or an empty file, up to the present version; all or nothing."""
    with transaction(connection, "BEGIN IMMEDIATE"):
        # Another process may have done it while this one waited.
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        for step in range(version + 1, SCHEMA_VERSION + 1):
            for statement in _statements(_STEPS[step]):
                connection.execute(statement)
            if step in _THEN:
                _THEN[step](connection)
            connection.execute(f"PRAGMA user_version = {step}")


def _statements(script: str) -> list[str]:
    """One by one: `executescript` would end the transaction."""
    found, statement = [], ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            found.append(statement)
            statement = ""
    return found
