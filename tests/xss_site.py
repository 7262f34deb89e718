"""A site whose every field tries to run a script or to call another machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from small_site import post, section

from rag.types import Damage, ParsedPost

EVIL = "http://evil.example"
RUN = "window.owned=1"

_ELEMENTS = (  # what loads or runs as soon as it is markup
    f"<script>{RUN}</script>",
    f"<script src={EVIL}/a.js></script>",
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"</script><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f'<img src={EVIL}/b.png onload="{RUN}">',
    f"<img srcset='{EVIL}/c.png 1x'>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><image href={EVIL}/d.svg onerror={RUN} />",
    f"<iframe src=javascript:parent.{RUN}></iframe>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f"<iframe src={EVIL}/e></iframe>",
    f"<embed src={EVIL}/f>",
    f"<object data={EVIL}/g></object>",
    f"<video src={EVIL}/h onerror={RUN}></video>",
    f"<video poster={EVIL}/i></video>",
    f"<audio src=x onerror={RUN}></audio>",
    f"<source src=x onerror={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<body onload={RUN}>",
    f"<style>@import '{EVIL}/j.css';</style>",
    f"<link rel=stylesheet href={EVIL}/k.css>",
    f"<div style=\"background:url('{EVIL}/l.png')\">x</div>",
    f"<meta http-equiv=refresh content='0;url={EVIL}/m'>",
    f"<base href={EVIL}/>",
    f"<form action={EVIL}/n><input type=submit id=q></form>",
    f"<marquee onstart={RUN}>x</marquee>",
    f"<math><mtext><img src=x onerror={RUN}></mtext></math>",
    f"<template><img src=x onerror={RUN}></template>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<table background={EVIL}/o.png><td>x</table>",
    f"<a id=pq href=javascript:{RUN}>x</a>",
    f"<dialog open onfocus={RUN}>x</dialog>",
    f"<portal src={EVIL}/p></portal>",
    f"<select autofocus onfocus={RUN}></select>",
)
_BREAKS = (  # what leaves an attribute, a text of a script, a comment, a template
    f'"><img src=x onerror={RUN}>',
    f"'><img src=x onerror={RUN}>",
    f'" onmouseover="{RUN}" x="',
    f"' autofocus onfocus='{RUN}' x='",
    f"--><img src=x onerror={RUN}>",
    f"]]><img src=x onerror={RUN}>",
    f"</title><img src=x onerror={RUN}>",
    f"</textarea><img src=x onerror={RUN}>",
    f"</style><img src=x onerror={RUN}>",
    f"`-{RUN}-`",
    "${" + RUN + "}",
    "{{" + RUN + "}}",
    "{{constructor.constructor('" + RUN + "')()}}",
    f"';{RUN};//",
    f'";{RUN};//',
    f"\\';{RUN};//",
    f"&lt;img src=x onerror={RUN}&gt;",
    f"&#60;img src=x onerror={RUN}&#62;",
    f"\\u003cimg src=x onerror={RUN}\\u003e",
    f"\u2028{RUN}\u2029",
    f"\u202e<img src=x onerror={RUN}>",
    f"<\x0cimg src=x onerror={RUN}>",
)
_LINKS = (  # what a link must not become
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f"java\tscript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"vbscript:{RUN}",
    f"[x](javascript:{RUN})",
    f"![x]({EVIL}/r.png)",
    f"<javascript:{RUN}>",
    f"[x]: javascript:{RUN}",
    f"{EVIL}/\"onmouseover='{RUN}'",
)
PAYLOADS = (*_ELEMENTS, *_BREAKS, *_LINKS)


def posts(payloads: Sequence[str] = PAYLOADS) -> Iterator[ParsedPost]:
    """One for each payload, as its title, heading, sentence, author, address and terms."""
    for number, payload in enumerate(payloads, 100):
        whole = post(
            number,
            f"Trial {payload}",
            section("1", (payload,), f"Zebra {number} says {payload} twice."),
        )
        record = replace(
            whole.post, url=payload, authors=(payload,), categories=(payload,), tags=(payload,),
            damage=Damage(payload, complete=False),
        )  # fmt: skip
        yield replace(whole, post=record)
