"""What is said of the pictures of posts in the older form, in export files."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest
from test_wordpress_export import HEAD, TAIL, item, pattern, read, ref, texts

from ingest.html.coverage import coverage
from ingest.html.sections import sections
from ingest.html.wpautop import as_html
from ingest.posts.wordpress_post import ReadPost


def picture(number: int, caption: str, *, parent: int = 0, order: int = 0,
            file: str = "bed.jpg", **more: str) -> str:  # fmt: skip
    entry = item(
        number, "Its description.", kind="attachment", status=more.pop("status", "inherit"),
        more=f"<wp:post_parent>{parent}</wp:post_parent><wp:menu_order>{order}</wp:menu_order>"
        f"<wp:attachment_url>https://garden.example/{file}</wp:attachment_url><wp:postmeta>"
        "<wp:meta_key>_wp_attachment_image_alt</wp:meta_key><wp:meta_value>Alt text"
        "</wp:meta_value></wp:postmeta>", **more,
    )  # fmt: skip
    return entry.replace("not this", caption)


BEDS = (
    picture(1, "The first bed.")
    + picture(2, "Bed <em>two</em> -- in June.")
    + picture(3, "Bed three.")
)


def test_a_gallery_s_captions_stand_in_their_place_in_their_order(tmp_path: Path) -> None:
    body = (
        '<h2>Beds</h2>\nBefore.\n\n[gallery columns="2" ids="3,1"]\n\nBehind.\n<h2>Soil</h2>\nWet.'
    )
    (post,) = (
        one
        for one in read(HEAD + BEDS + item(9, body) + TAIL, tmp_path)
        if isinstance(one, ReadPost)
    )
    beds, soil = sections(post.raw.html)
    assert beds.text.split("\n") == ["Before.", "Bed three.", "The first bed.", "Behind."]
    assert [block.kind for block in beds.blocks] == ["paragraph", "caption", "caption", "paragraph"]
    assert soil.text == "Wet."
    assert coverage(post.raw.html, (beds, soil)).lost == ()


@pytest.mark.parametrize("place", ["before", "behind", "around"])
def test_pictures_are_found_wherever_they_stand_in_the_file(tmp_path: Path, place: str) -> None:
    post = item(9, '[gallery ids="1,2"]')
    one, two = picture(1, "One."), picture(2, "Two.")
    xml = {"before": one + two + post, "behind": post + one + two, "around": one + post + two}
    assert texts(xml[place], tmp_path) == {"9": "One.\nTwo."}


@pytest.mark.parametrize(
    ("gallery", "shown"),
    [
        ('[gallery ids="2,2,1"]', "Bed two — in June.\nThe first bed."),
        ("[gallery ids='2' /]", "Bed two — in June."),
        ("[gallery ids=1,2 link=none]", "The first bed.\nBed two — in June."),
        ('[gallery ids="1,2" order="DESC"]', "The first bed.\nBed two — in June."),
        ('[gallery ids="2,1" orderby="ID"]', "The first bed.\nBed two — in June."),
        ('[gallery include="3,1"]', "The first bed.\nBed three."),
        ('[gallery ids="1,77"]', "The first bed."),
        ('[gallery ids="77"]', ""),
        ('[gallery ids="x"]', ""),
        ("[gallery]", ""),
        ("A [gallery ids='1'] b", "A\nThe first bed.\nb"),
        ("[gallery ids='1'][gallery ids='1']", "The first bed.\nThe first bed."),
        ("[[gallery ids='1']] [gallery-other]", "[gallery-other]"),
    ],
)
def test_which_pictures_a_gallery_shows(tmp_path: Path, gallery: str, shown: str) -> None:
    assert texts(BEDS + item(9, gallery), tmp_path) == {"9": shown}


MINE = (
    picture(11, "Last.", parent=9, order=2)
    + picture(12, "Second.", parent=9, order=1)
    + picture(10, "First.", parent=9, order=1)
    + picture(14, "Of another.", parent=8)
    + picture(15, "Of nobody.")
)


@pytest.mark.parametrize(
    ("gallery", "shown"),
    [
        ("[gallery]", "First.\nSecond.\nLast."),
        ('[gallery ids=""]', "First.\nSecond.\nLast."),
        ('[gallery orderby="ID"]', "First.\nLast.\nSecond."),
        ('[gallery order="desc"]', "Last.\nSecond.\nFirst."),
        ('[gallery exclude="12, 15"]', "First.\nLast."),
        ('[gallery id="8"]', "Of another."),
        ('[gallery id="9"]', "First.\nSecond.\nLast."),
        ('[gallery id="77"]', ""),
    ],
)
def test_without_ids_a_gallery_shows_the_pictures_of_its_post(
    tmp_path: Path, gallery: str, shown: str
) -> None:
    found = texts(item(8, "Else.") + item(9, gallery) + MINE, tmp_path)
    assert found == {"8": "Else.", "9": shown}


@pytest.mark.parametrize("hidden", [{"status": "private"}, {"password": "x"}])
def test_pictures_of_a_post_that_is_not_public_are_not_shown_by_its_number(
    tmp_path: Path, hidden: dict[str, str]
) -> None:
    xml = item(8, "Secret.", **hidden) + item(9, 'Open.\n[gallery id="8"]') + MINE
    assert texts(xml, tmp_path) == {"9": "Open."}


def test_only_pictures_that_are_there_have_captions(tmp_path: Path) -> None:
    xml = (
        picture(1, "A document.", file="a.pdf")
        + picture(2, "In the bin.", status="trash")
        + picture(3, "Behind a password.", password="x")
        + picture(4, " ")
        + picture(5, "Seen.", file="b.JPEG")
        + item(9, '[gallery ids="1,2,3,4,5"]')
    )
    assert texts(xml, tmp_path) == {"9": "Seen."}


def test_a_gallery_in_a_synced_pattern_shows_pictures(tmp_path: Path) -> None:
    shown = '<!-- wp:shortcode -->\n[gallery ids="1"]\n<!-- /wp:shortcode -->'
    xml = item(9, f"<!-- wp:paragraph --><p>Own.</p>{ref(4)}") + pattern(4, shown) + BEDS
    assert texts(xml, tmp_path) == {"9": "Own.\nThe first bed."}


def test_what_the_file_said_before_it_broke_off_is_shown(tmp_path: Path) -> None:
    xml = HEAD + item(9, '[gallery ids="1,2"]') + picture(1, "One.") + picture(2, "Two.")[:90]
    posts = [one for one in read(xml, tmp_path) if isinstance(one, ReadPost)]
    assert [sections(post.raw.html)[0].text for post in posts] == ["One."]


def test_a_warning_before_the_xml_is_told_with_a_post_that_waited(tmp_path: Path) -> None:
    xml = f"<p>Warning: x</p>{HEAD}{BEDS}" + item(9, '[gallery ids="1"]') + TAIL
    (post,) = (one for one in read(xml, tmp_path) if isinstance(one, ReadPost))
    assert ["Warning: x" in warning for warning in post.warnings] == [True]


IMG = '<a href="/x"><img src="x.jpg" alt="Alt" /></a>'


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (f'[caption id="a_5" width="300"]{IMG} Wet -- beds[/caption]', "Wet — beds"),
        (f'A\n\n[caption width="9"]{IMG} Wet[/caption]\n\nb', "A\nWet\nb"),
        (f'[wp_caption width="9"]{IMG}\nWet\nbeds[/wp_caption]', "Wet\nbeds"),
        # As it was before WordPress 3.4.
        (f'[caption width="300" caption="Wet -- &amp; <b>dry</b>"]{IMG}[/caption]',
         "Wet -- & dry"),
        # WordPress shows no caption of a picture without a width, and text without a picture.
        (f"[caption]{IMG} Wet[/caption]", ""),
        ('[caption]Wet[/caption]', "Wet"),
        (f'[caption width="9"]{IMG}[/caption] b', "b"),
        (f'[caption width="9"]{IMG} Never closed', "Never closed"),
        ("[/caption] b", "b"),
        (f'[caption width="9"]{IMG} A [caption width="9"]{IMG} B[/caption] c', "A B\nc"),
    ],
)  # fmt: skip
def test_the_caption_of_one_picture(typed: str, shown: str) -> None:
    assert "\n".join(section.text for section in sections(as_html(typed))) == shown


def test_a_caption_is_a_caption() -> None:
    (section,) = sections(as_html(f'A\n\n[caption width="9"]{IMG} Wet beds[/caption]'))
    assert [block.kind for block in section.blocks] == ["paragraph", "caption"]


def test_galleries_made_to_swell_or_to_stall_end(tmp_path: Path) -> None:
    many = "".join(picture(n, "x" * 900, parent=9) for n in range(10, 200))
    assert len(texts(item(9, "[gallery]" * 20_000) + many, tmp_path)["9"]) < 6_000_000
    for part in ("[caption ", "[gallery a=", "<a ", '[caption width="9"]<a ', "[caption]", "a=b="):
        start = process_time()
        as_html(f"{part * 100_000}[/caption]", lambda gallery: ["x"])
        as_html(f'[caption width="9" {part.replace("[", "") * 100_000}]', lambda gallery: ["x"])
        assert process_time() - start < 5, part
