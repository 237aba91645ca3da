"""Which list an address is of: the list of leads, or somebody's queue.

Both are narrowed by the same conditions, kept as views and worked in bulk; they differ in where
they stand, in what else their address says, and in what goes without saying there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Place:
    """One list. `narrow` are the names in its address: one that says any of them says all."""

    name: str
    url_name: str
    title: str
    narrow: tuple[str, ...]
    usual: Mapping[str, str] = field(default_factory=dict)
    # Named in the address, but by itself no reason to forget the rest of a view.
    beside: tuple[str, ...] = ()
    # Whether all of it can be chosen at once, without looking at each row.
    has_every: bool = True
    # Deeds for many that make no sense here.
    without: tuple[str, ...] = ()
    # Nor these filters: whose the leads are, and in which order, goes without saying.
    unasked: tuple[str, ...] = ()

    def url(self, query: str = "") -> str:
        """Where it stands, so narrowed."""
        return reverse(self.url_name) + (f"?{query}" if query else "")


LEADS = Place(
    "leads", "lead-list", "My list of leads",
    ("q", "stage", "tier", "campaign", "persona", "owner", "sort", "where"), {"sort": "newest"},
    without=("accept", "reject"),
)  # fmt: skip
QUEUE = Place(
    "queue", "queue", "My queue",
    ("q", "tier", "campaign", "persona", "where", "show"), {"show": "all"},
    beside=("group",), has_every=False, without=("hand_over", "delete"),
    unasked=("stage", "owner", "sort"),
)  # fmt: skip
BY_NAME = {place.name: place for place in (LEADS, QUEUE)}
