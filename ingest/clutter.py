"""What stands in a post's HTML and is not its text: menus, forms, share buttons, hidden things."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Elements whose text no reader sees as text, or that are controls.
_SILENT = frozenset(
    "script style template noscript svg canvas iframe object embed audio video map head title meta "
    "link form button input select textarea datalist progress meter dialog rp rt".split()
)
# Class or id of what plugins and blocks add around a text. Whole words of the class list.
_ADDED = re.compile(
    r"""
    (?:ez-toc-(?!section).*|lwptoc.*|toc_container|wp-block-yoast-seo-table-of-contents|wp-block-table-of-contents
      |wp-block-rank-math-toc-block|rank-math-toc|simpletoc.*|aioseo-table-of-contents|uagb-toc.*
      |wp-block-uagb-table-of-contents|kb-table-of-content.*|table-of-contents|post-toc)
    |(?:sharedaddy|sd-sharing.*|addtoany_.*|a2a_kit.*|social-share.*|share-buttons?|ssba.*|heateor_.*
      |simplesocialbuttons.*|wp-block-social-links|wp-block-outermost-social-sharing|printfriendly.*)
    |(?:jp-relatedposts.*|yarpp.*|related-posts?|crp_related.*|wp-block-latest-posts.*
      |wp-block-latest-comments.*|wp-block-rss|wp-block-archives.*|wp-block-categories.*
      |wp-block-tag-cloud|wp-block-search.*|wp-block-calendar|wp-block-loginout|wp-block-page-list
      |wp-block-post-navigation-link|wp-block-query-pagination)
    |(?:adsbygoogle|ad-container|wp-block-ad|advads-.*|wpcf7.*|mc4wp-form.*|comment-respond)
    |(?:screen-reader-text|sr-only|visually-hidden|assistive-text|anchorjs-link|heading-anchor)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def is_clutter(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Whether an element with all that is in it is no part of what the post says.

    Args:
        tag: Lower case.
        attributes: As parsed; a value is None where the attribute stands alone.
    """
    if tag in _SILENT:
        return True
    if not attributes:
        return False
    if "hidden" in attributes or _UNSEEN.search(attributes.get("style") or ""):
        return True
    names = [*(attributes.get("class") or "").split(), (attributes.get("id") or "").strip()]
    return any(_ADDED.fullmatch(name) for name in names)
