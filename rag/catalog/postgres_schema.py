"""The tables of a catalog in PostgreSQL: those of SQLite, and the words in a form of its own.

As in `schema`, each version's change stands here as it was made.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rag.catalog.acronyms import note_all
from rag.catalog.engine import SET_META, Connection

SCHEMA_VERSION = 2

# Texts compare by their code points, as in SQLite, whatever the database's own language is. Vectors
# do not get smaller, so nothing is tried to compress them.
_V1 = """
CREATE TABLE meta (name text COLLATE "C" PRIMARY KEY, value text NOT NULL);
CREATE TABLE posts (
    id text COLLATE "C" PRIMARY KEY, title text COLLATE "C" NOT NULL, url text NOT NULL,
    published bigint, modified bigint,              -- seconds since 1970, UTC
    authors text NOT NULL, categories text NOT NULL, tags text NOT NULL,   -- JSON lists
    language text COLLATE "C", recovered text, complete integer NOT NULL DEFAULT 1,
    source text NOT NULL, record_hash text NOT NULL, content_hash text NOT NULL,
    translations text NOT NULL DEFAULT '[]'         -- a JSON list
);
CREATE INDEX posts_published ON posts (published);
CREATE TABLE sections (
    post_id text COLLATE "C" NOT NULL REFERENCES posts ON DELETE CASCADE, ordinal integer NOT NULL,
    key text NOT NULL, headings text NOT NULL, anchor text, page integer NOT NULL,
    text text COLLATE "C" NOT NULL, blocks text NOT NULL,
    PRIMARY KEY (post_id, ordinal)
);
CREATE TABLE passages (
    number bigint PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE,
    post_id text COLLATE "C" NOT NULL REFERENCES posts ON DELETE CASCADE,
    section integer NOT NULL,                       -- the section's ordinal
    position integer NOT NULL, sentences text NOT NULL,   -- JSON list of [start, end]
    tokens integer NOT NULL, embedding_key text COLLATE "C" NOT NULL
);
CREATE INDEX passages_post ON passages (post_id, position);
CREATE INDEX passages_embedding ON passages (embedding_key);
CREATE TABLE embeddings (
    key text COLLATE "C" PRIMARY KEY,
    passage bytea NOT NULL,                         -- float16 (dimension)
    sentences bytea NOT NULL,                       -- int8 (sentences, width of the model)
    tokens bytea NOT NULL,                          -- int8 (kept tokens, width)
    token_ids bytea NOT NULL,                       -- int32 (kept tokens)
    token_sentence bytea NOT NULL                   -- int16 (kept tokens)
);
ALTER TABLE embeddings ALTER passage SET STORAGE EXTERNAL, ALTER sentences SET STORAGE EXTERNAL,
    ALTER tokens SET STORAGE EXTERNAL, ALTER token_ids SET STORAGE EXTERNAL,
    ALTER token_sentence SET STORAGE EXTERNAL;
CREATE TABLE token_frequency (token integer PRIMARY KEY, passages bigint NOT NULL);
CREATE TABLE outbox (passage_id text COLLATE "C" PRIMARY KEY, operation text NOT NULL);
CREATE TABLE sources (label text COLLATE "C" PRIMARY KEY, state text NOT NULL);
CREATE TABLE missing (
    post_id text COLLATE "C" PRIMARY KEY, source text COLLATE "C" NOT NULL,
    since bigint NOT NULL                           -- seconds since 1970, UTC
);
CREATE TABLE quarantine (
    source text COLLATE "C" NOT NULL, origin text COLLATE "C" NOT NULL, post_id text,
    reason text COLLATE "C" NOT NULL, seen_at bigint NOT NULL,
    PRIMARY KEY (source, origin, reason)
);
CREATE TABLE forgotten (
    digest text COLLATE "C" PRIMARY KEY,
    since bigint NOT NULL                           -- seconds since 1970, UTC
);
CREATE TABLE words (
    number bigint PRIMARY KEY,                      -- the passage's
    title text NOT NULL, headings text NOT NULL, text text NOT NULL,
    length integer NOT NULL,                        -- words of all three
    stems tsvector NOT NULL
);
CREATE INDEX words_stems ON words USING gin (stems);
-- How many passages hold a stem.
CREATE TABLE stems (stem text COLLATE "C" PRIMARY KEY, passages bigint NOT NULL);
-- One row: how many passages have words, and how many words these are.
CREATE TABLE word_totals (passages bigint NOT NULL, words bigint NOT NULL);
INSERT INTO word_totals VALUES (0, 0);
"""

_V2 = """
-- What posts spell out, such as "Federal Election Commission (FEC)".
CREATE TABLE acronyms (
    letters text COLLATE "C" NOT NULL, words text COLLATE "C" NOT NULL,
    post_id text COLLATE "C" NOT NULL REFERENCES posts ON DELETE CASCADE,
    folded text COLLATE "C" NOT NULL,               -- the words in lower case
    times integer NOT NULL,
    PRIMARY KEY (letters, words, post_id)
);
CREATE INDEX acronyms_folded ON acronyms (folded);
CREATE INDEX acronyms_post ON acronyms (post_id);
"""

_STEPS = {1: _V1, 2: _V2}
_THEN: dict[int, Callable[[Connection], None]] = {2: note_all}
"""What SQL alone cannot do in a step."""
NAMES = tuple(re.findall(r"CREATE TABLE (\w+)", "".join(_STEPS.values())))


def upgrade(connection: Connection, version: int) -> None:
    """Lead a catalog of an older version up to the present one; 0 is an empty schema.

    Inside a transaction, whose caller keeps every other writer out.
    """
    for step in range(version + 1, SCHEMA_VERSION + 1):
        for statement in _STEPS[step].strip().split(";\n"):
            connection.execute(statement)
        if step in _THEN:
            _THEN[step](connection)
    connection.execute(SET_META, ("version", str(SCHEMA_VERSION)))
