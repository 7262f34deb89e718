"""Captions as a real WordPress shows them, and as they are read from its export file."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from wordpress_lab import LAB, Lab, lab, missing_parts

from ingest.html.sections import sections
from ingest.live.fetch import Limits, fetch
from ingest.posts.wordpress_post import ReadPost
from ingest.read import read_source

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(bool(missing_parts()), reason=missing_parts() or "there is a lab"),
    pytest.mark.timeout(600),
]

IMG = '<a href="/x"><img src="/x.jpg" alt="Alt" /></a>'
TYPED = [  # @0 to @5 stand for the numbers of pictures, @own for a post with pictures
    '[gallery ids="@1,@0"]',
    'Before.\n[gallery ids="@1,@1,@0"]\nBehind.',
    '[gallery ids="@0,@1" order="DESC"]',
    '[gallery ids="@1,@0" orderby="ID"]',
    '[gallery ids="@3,@2" orderby="menu_order" order="DESC"]',
    '[gallery include="@1,@0"]',
    '[gallery include="@1,@0" order="DESC"]',
    '[gallery ids="@0,99999,@5"]',
    '[gallery ids="x"]',
    "[gallery]",
    '[gallery id="@own"]',
    '[gallery id="@own" exclude="@3"]',
    '[gallery id="@own" orderby="ID" order="DESC"]',
    '[gallery id="@secret"]',
    "[gallery id=@own /] <p>Text [gallery ids='@0' link=none] in a line.</p>",
    f'[caption id="a_5" width="300"]{IMG} Wet -- <em>beds</em>[/caption]',
    f'A\n\n[caption width="9"]{IMG}\nWet\nbeds[/caption]\n\nb',
    f'[caption width="300" caption="Wet -- &amp; more"]{IMG}[/caption] b',
    f'[caption align="left"]{IMG} No width[/caption] b',
    "[caption]No picture[/caption]",
    f'[caption width="9"]{IMG}[/caption] b',
    f'[wp_caption width="9"]{IMG} A [caption width="9"]{IMG} B[/caption][/wp_caption] c',
    "[[gallery]] and [[caption]]",
]
SETUP = """
$picture = function($caption, $parent, $order, $more = []) {
  $id = wp_insert_post(array_merge(['post_type'=>'attachment', 'post_status'=>'inherit',
    'post_mime_type'=>'image/jpeg', 'post_excerpt'=>$caption, 'post_title'=>'A title',
    'post_parent'=>$parent, 'menu_order'=>$order], $more));
  update_post_meta($id, '_wp_attached_file', $more ? 'a.pdf' : 'a.jpg');
  return $id; };
$write = function($text, $status) { return wp_insert_post(wp_slash(['post_title'=>'Captions',
  'post_content'=>$text, 'post_status'=>$status])); };
$places = ['@own'=>$write('[gallery]', 'publish'), '@secret'=>$write('Secret.', 'private')];
$picture('Of a secret.', $places['@secret'], 0);
$places['@0'] = $picture('The <em>first</em> bed -- wet...', 0, 0);
$places['@1'] = $picture('The second bed.', 0, 0);
$places['@2'] = $picture('Last.', $places['@own'], 2);
$places['@3'] = $picture('Second.', $places['@own'], 1);
$places['@4'] = $picture('Third.', $places['@own'], 1);
$places['@5'] = $picture('A document.', $places['@own'], 0, ['post_mime_type'=>'application/pdf']);
$made = [$places['@own']];
foreach (json_decode(getenv('TYPED')) as $text) $made[] = $write(strtr($text, $places), 'publish');
echo json_encode($made);
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Lab]:
    with lab() as running:
        yield running


def test_the_captions_of_an_export_file_are_those_of_the_pages(site: Lab) -> None:
    made = json.loads(site.run("php", str(LAB / "eval.php"), CODE=SETUP, TYPED=json.dumps(TYPED)))
    file = site.folder / "export.xml"
    file.write_text(site.run("php", str(LAB / "export.php")), encoding="utf-8")
    exported = {
        found.raw.wordpress_id: [one.text for one in sections(found.raw.html)]
        for found in read_source(str(file))
        if isinstance(found, ReadPost)
    }
    assert len(made) == len(TYPED) + 1
    shown = {}
    for number in made:
        address = f"{site.address}/wp-json/wp/v2/posts/{number}"
        answer = fetch(address, Limits(allow_private=True))
        html = json.loads(answer.body)["content"]["rendered"]
        shown[number] = [one.text for one in sections(html)]
    typed = dict(zip(made, ["[gallery]", *TYPED], strict=True))
    assert {typed[n]: exported[n] for n in made} == {typed[n]: shown[n] for n in made}
    assert sum("bed" in text for texts in exported.values() for text in texts) > 5
