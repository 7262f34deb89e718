"""Pictures of an export file: entries of their own, whose captions a post's galleries show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PICTURE = re.compile(
    r".*\.(?:jpe?g|jpe|gif|png|bmp|tiff?|webp|avif|ico|hei[cf]s?|svg)", re.IGNORECASE | re.DOTALL
)
_ORDERS = frozenset(("id", "menu_order"))  # others need what a picture's entry does not keep here
_NUMBER = re.compile(r"\s*[-+]?([0-9]{1,20})")


@dataclass(frozen=True, slots=True)
class Attachment:
    number: int
    parent: int
    """The post that it was added to; 0 for none."""
    order: int
    """Among those of its post, as people set it."""
    file: str
    """Its name or address."""
    caption: str
    """As HTML, as it was typed."""


class Attachments:
    """The pictures with a caption that a file has named so far, and which posts are public."""

    def __init__(self) -> None:
        self._pictures: dict[int, Attachment] = {}
        self._of_post: dict[int, list[int]] = {}
        self._public: set[int] = set()

    def add(self, one: Attachment) -> None:
        """Take one that is public; others than pictures are in no gallery."""
        if one.number in self._pictures or not one.caption.strip():
            return
        if _PICTURE.fullmatch(one.file):
            self._pictures[one.number] = one
            self._of_post.setdefault(one.parent, []).append(one.number)

    def add_post(self, number: int) -> None:
        """Take a post that is public: any post may show its pictures."""
        self._public.add(number)

    def captions(self, post: int | None, gallery: Mapping[str, str]) -> tuple[str, ...]:
        """What a gallery shows, in its order.

        Args:
            post: The number of the post that it stands in.
            gallery: The attributes of its shortcode.
        """
        named = gallery.get("ids") or gallery.get("include")
        if named:
            shown = [self._pictures[one] for one in _numbers(named) if one in self._pictures]
        else:
            shown = self._all_of(post, gallery)
        # WordPress gives "ids" their own order; "include" it sorts as it sorts a post's pictures.
        orders = gallery.get("orderby", "").lower().split()
        if not gallery.get("ids") or set(orders) & _ORDERS:
            by_number = orders[:1] == ["id"]
            shown.sort(key=lambda one: (0 if by_number else one.order, one.number))
            if gallery.get("order", "").strip().upper() == "DESC":
                shown.reverse()
        return tuple(one.caption for one in shown)

    def _all_of(self, post: int | None, gallery: Mapping[str, str]) -> list[Attachment]:
        others = _numbers(gallery.get("id", ""))
        owner = next(iter(others), post)
        if not owner or (owner != post and owner not in self._public):
            return []
        left_out = _numbers(gallery.get("exclude", ""))
        mine = self._of_post.get(owner, ())
        return [self._pictures[one] for one in mine if one not in left_out]


def _numbers(text: str) -> dict[int, None]:
    """The numbers of a list, in order, each once."""
    found = (_NUMBER.match(part) for part in re.split(r"[\s,]+", text))
    return dict.fromkeys(int(one[1]) for one in found if one)
