from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from rag.text.sentences import split_sentences
from rag.text.whole import wholes
from rag.types import Block, BlockKind, Section

Part = tuple[BlockKind, str]


def page(*parts: Part) -> Section:
    blocks, start = [], 0
    for kind, text in parts:
        blocks.append(Block(start, start + len(text), kind))
        start += len(text) + 1
    return Section("1", (), None, 1, "\n".join(text for _, text in parts), tuple(blocks))


def read(section: Section, *chosen: str, several: bool = False) -> list[list[str]]:
    starts = {section.text.index(text) for text in chosen}
    return [[one.text for one in stretch] for stretch in wholes(section, starts, several=several)]


LIST = page(
    ("paragraph", "Slugs come at night. There are three ways to stop them:"),
    ("item", "Wool mulch. It lost three lettuces."),
    ("item", "Copper tape."),
    ("item", "Toads."),
    ("paragraph", "They work best in June."),
)
LEAD = "There are three ways to stop them:"


def test_a_sentence_brings_the_one_that_says_what_it_is_about() -> None:
    bed = page(
        ("paragraph", "We laid copper tape. It was new."),
        ("paragraph", "It made no difference. Wool did."),
    )
    assert read(bed, "It made no difference.") == [
        ["We laid copper tape.", "It was new.", "It made no difference."]
    ]
    assert read(bed, "Wool did.") == [["Wool did."]]
    assert read(bed, "Wool did.", "It was new.") == [
        ["We laid copper tape.", "It was new."],
        ["Wool did."],
    ]


def test_a_sentence_that_only_goes_on_stands_between_its_neighbours() -> None:
    bed = page(("paragraph", "We laid tape. However, copper made no difference."))
    assert read(bed, "However") == [["However, copper made no difference."]]


def test_what_introduces_a_list_brings_it() -> None:
    assert read(LIST, LEAD) == [[LEAD, "Wool mulch.", "Copper tape.", "Toads."]]


def test_an_item_brings_what_introduces_its_list_and_its_own_beginning() -> None:
    assert read(LIST, "Copper tape.") == [[LEAD, "Copper tape."]]
    assert read(LIST, "It lost three lettuces.") == [
        [LEAD, "Wool mulch.", "It lost three lettuces."]
    ]


def test_two_items_or_a_question_for_several_things_bring_the_whole_list() -> None:
    every = [[LEAD, "Wool mulch.", "Copper tape.", "Toads."]]
    assert read(LIST, "Copper tape.", "Toads.") == every
    assert read(LIST, "Toads.", several=True) == every


def test_a_long_list_is_cut() -> None:
    names = [f"Bed {number}" for number in range(1, 31)]
    long = page(("paragraph", "The beds are:"), *(("item", name) for name in names))
    assert read(long, "The beds are:") == [["The beds are:", *names[:8]]]
    assert read(long, "Bed 20", several=True) == [["The beds are:", "Bed 20"]]


def test_a_row_brings_the_caption_and_no_other_rows() -> None:
    table = page(("caption", "Losses in June"), ("row", "Wool | 3"), ("row", "Bare | 22"))
    assert read(table, "Bare | 22", several=True) == [["Losses in June", "Bare | 22"]]
    led = page(("paragraph", "The losses were:"), ("row", "Wool | 3"), ("row", "Bare | 22"))
    assert read(led, "The losses were:") == [["The losses were:", "Wool | 3", "Bare | 22"]]


def test_text_before_a_list_that_does_not_introduce_it_is_left_alone() -> None:
    beside = page(("paragraph", "Slugs come at night."), ("item", "Wool mulch"), ("item", "Toads"))
    assert read(beside, "Toads") == [["Toads"]]


def test_a_colon_at_the_end_of_a_paragraph_brings_what_follows() -> None:
    said = page(("paragraph", "The rule is simple:"), ("paragraph", "Water early."))
    assert read(said, "The rule is simple:") == [["The rule is simple:", "Water early."]]
    last = page(("paragraph", "The rule is simple:"))
    assert read(last, "The rule is simple:") == [["The rule is simple:"]]


def test_a_section_without_blocks_is_one_paragraph() -> None:
    plain = Section("1", (), None, 1, "Tape was laid. It failed.")
    assert read(plain, "It failed.") == [["Tape was laid.", "It failed."]]


KINDS: Sequence[BlockKind] = ("paragraph", "item", "row", "code", "caption", "quote", "note")
TEXTS = st.sampled_from(
    ["It rains.", "Tape fails. It was new.", "The beds are:", "Wool | 3", "So it is:"]
)


@given(st.lists(st.tuples(st.sampled_from(KINDS), TEXTS), min_size=1, max_size=12), st.data())
def test_every_chosen_sentence_comes_once_and_in_order(
    parts: list[Part], data: st.DataObject
) -> None:
    section = page(*parts)
    every = split_sentences(section.text, section.blocks)
    chosen = data.draw(st.sets(st.sampled_from([one.start for one in every]), min_size=1))
    stretches = wholes(section, chosen, several=data.draw(st.booleans()))
    starts = [one.start for stretch in stretches for one in stretch]
    assert set(chosen) <= set(starts)
    assert len(starts) == len(set(starts))
    assert all(list(stretch) == sorted(stretch, key=lambda one: one.start) for stretch in stretches)
