"""What stands in a post's HTML and is not its text: menus, forms, share buttons, hidden things."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Elements whose text no reader sees as text, or that are controls.
_SILENT = frozenset(
    "script style template noscript noembed noframes svg canvas iframe object embed audio video "
    "map head title meta link form button input select textarea datalist progress meter dialog "
    "annotation annotation-xml rp rt".split()
)
SILENT = "an element without text, or a control"
UNSEEN = "hidden by its style or attribute"
# Class or id of what plugins and blocks add around a text. Whole words of the class list.
_ADDED = re.compile(
    r"""
    (?P<contents>ez-toc-(?!section).*|lwptoc.*|toc_container|wp-block-table-of-contents
      |wp-block-yoast-seo-table-of-contents|wp-block-rank-math-toc-block|rank-math-toc|simpletoc.*
      |aioseo-table-of-contents|uagb-toc.*|wp-block-uagb-table-of-contents
      |kb-table-of-content.*|table-of-contents|post-toc)
    |(?P<share>sharedaddy|sd-sharing.*|addtoany_.*|a2a_kit.*|social-share.*|share-buttons?|ssba.*
      |heateor_.*|simplesocialbuttons.*|wp-block-social-links|wp-block-outermost-social-sharing
      |printfriendly.*)
    |(?P<related>jp-relatedposts.*|yarpp.*|related-posts?|crp_related.*|wp-block-latest-posts.*
      |wp-block-latest-comments.*|wp-block-rss|wp-block-archives.*|wp-block-categories.*
      |wp-block-tag-cloud|wp-block-search.*|wp-block-calendar|wp-block-loginout|wp-block-page-list
      |wp-block-post-navigation-link|wp-block-query-pagination)
    |(?P<forms>adsbygoogle|ad-container|wp-block-ad|advads-.*|wpcf7.*|mc4wp-form.*
      |comment-respond)
    |(?P<signs>wp-block-accordion-heading__toggle-icon|accordion-icon)
    |(?P<readers>screen-reader-text|sr-only|visually-hidden|assistive-text|anchorjs-link
      |heading-anchor)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_RULES = {
    "contents": "a table of contents",
    "share": "share buttons",
    "related": "related posts, latest posts, lists of terms",
    "forms": "an advertisement or a form",
    "signs": "the sign of an accordion",
    "readers": "for screen readers only",
}
RULES = (SILENT, UNSEEN, *_RULES.values())
"""Why an element is left out, for people."""
_UNSEEN = re.compile(
    r"""display\s*+:\s*+none | visibility\s*+:\s*+(?:hidden|collapse)
    | (?:font-size|opacity)\s*+:\s*+[0.]++\s*+(?:(?:px|em|rem|pt|%)\s*+)?(?:!important\s*+)?(?:;|$)
    | (?:left|top|text-indent)\s*+:\s*+-\d{4,}""",
    re.VERBOSE | re.IGNORECASE,
)


def left_out_as(tag: str, attributes: Mapping[str, str | None]) -> str | None:
    """Why an element with all that is in it is no part of what the post says; None: it is.

    Args:
        tag: Lower case.
        attributes: As parsed; a value is None where the attribute stands alone.
    """
    if tag in _SILENT and not _unfolds(tag, attributes):
        return SILENT
    if not attributes:
        return None
    if "hidden" in attributes or _UNSEEN.search(attributes.get("style") or ""):
        return UNSEEN
    for name in (*(attributes.get("class") or "").split(), (attributes.get("id") or "").strip()):
        added = _ADDED.fullmatch(name)
        if added:
            return _RULES[added.lastgroup or "forms"]
    return None


def _unfolds(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Whether this is a button under which a text is folded away: its words are a heading's."""
    if tag != "button":
        return False
    return "aria-expanded" in attributes or "accordion" in (attributes.get("class") or "").lower()
