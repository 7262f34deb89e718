from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from small_site import GARDEN, post, section

from ingest.split import split
from rag.embedding.embedder import HashEmbedder
from rag.types import Block, ParsedPost, Section

EMBEDDER = HashEmbedder()


def test_a_short_section_is_one_passage_with_its_breadcrumb() -> None:
    pieces = split(GARDEN[0], EMBEDDER, limit=256)
    assert len(pieces) == 3
    second = pieces[1]
    assert second.text.text.startswith("Tomatoes from seed › When to sow\nSow tomatoes indoors")
    assert [s.text for s in second.passage.sentences] == [
        "Sow tomatoes indoors six weeks before the last frost.",
        "In our valley that is March.",
    ]
    assert [piece.passage.position for piece in pieces] == [0, 1, 2]


def test_a_heading_above_changes_no_embedded_text_below() -> None:
    before = post(1, "Beans", section("1", ("Sow",), "Sow in May."))
    after = post(
        1, "Beans", section("1", ("Soil",), "Dig deep."), section("2", ("Sow",), "Sow in May.")
    )
    old = {piece.text for piece in split(before, EMBEDDER, limit=64)}
    new = {piece.text for piece in split(after, EMBEDDER, limit=64)}
    assert old < new
    assert len(new - old) == 1


def test_a_sentence_longer_than_the_limit_is_cut_between_words() -> None:
    words = " ".join(f"w{n}" for n in range(100))
    pieces = split(post(1, "Long", section("0", (), words)), EMBEDDER, limit=32)
    assert all(piece.passage.tokens <= 32 for piece in pieces)
    texts = [s.text for piece in pieces for s in piece.passage.sentences]
    assert " ".join(texts) == words


def test_rows_keep_their_table_header_in_every_passage() -> None:
    rows = [f"Plant{n} | {n} weeks" for n in range(30)]
    blocks, start = [], 0
    for row in rows:
        blocks.append(Block(start, start + len(row), "row", "Plant | Time"))
        start += len(row) + 1
    parsed = ParsedPost(
        GARDEN[0].post, (Section("0", (), None, 1, "\n".join(rows), tuple(blocks)),)
    )
    pieces = split(parsed, EMBEDDER, limit=40)
    assert len(pieces) > 2
    assert all("\nPlant | Time\nPlant" in piece.text.text for piece in pieces)
    assert [s.text for piece in pieces for s in piece.passage.sentences] == rows


_TEXT = st.text(alphabet=st.sampled_from("ab .!?\n|é我の"), max_size=400)


@given(st.lists(_TEXT, min_size=1, max_size=3), st.integers(32, 64))
def test_no_character_of_a_sentence_is_lost_and_no_passage_is_too_long(
    texts: list[str], limit: int
) -> None:
    parsed = post(1, "T", *(section(str(n), (f"H{n}",), text) for n, text in enumerate(texts)))
    pieces = split(parsed, EMBEDDER, limit=limit)
    assert len({piece.passage.id for piece in pieces}) == len(pieces)
    for one in parsed.sections:
        own = [piece.passage for piece in pieces if piece.passage.section is one]
        kept = "".join(s.text for passage in own for s in passage.sentences)
        assert "".join(kept.split()) == "".join(one.text.split())
        for passage in own:
            assert passage.tokens <= limit
            for s in passage.sentences:
                assert one.text[s.start : s.end] == s.text


def test_code_that_fits_is_not_parted() -> None:
    prose = " ".join(f"Words of sentence {n} stand here." for n in range(6))
    code = "\n".join(f"x{n} = {n}" for n in range(6))
    blocks = (
        Block(0, len(prose)),
        Block(len(prose) + 1, len(prose) + 1 + len(code), "code"),
    )
    parsed = ParsedPost(GARDEN[0].post, (Section("0", (), None, 1, f"{prose}\n{code}", blocks),))
    for limit in (40, 48, 56, 64):
        holding = [
            piece.passage.text
            for piece in split(parsed, EMBEDDER, limit=limit)
            if " = " in piece.passage.text
        ]
        assert len(holding) == 1
        assert code in holding[0]
