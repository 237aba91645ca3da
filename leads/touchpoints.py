"""What somebody did, in a few lines: their signs by kind, with the pages and papers they saw."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from leads.models import TOUCHPOINTS, Activity, Kind, Lead

# The newest of them; who did more than this is known well enough.
READ = 300
PLACES = 4
WORDS: dict[str, tuple[str, str]] = {
    Kind.PAGE_VIEW: ("page read", "pages read"),
    Kind.DOWNLOAD: ("download", "downloads"),
    Kind.FORM: ("form filled in", "forms filled in"),
    Kind.EMAIL_CLICK: ("click in our e-mail", "clicks in our e-mails"),
    Kind.EVENT: ("visit to an event", "visits to events"),
    Kind.BOOKED: ("meeting booked", "meetings booked"),
    Kind.REPLY: ("answer by e-mail", "answers by e-mail"),
    Kind.AD_CLICK: ("click on an ad", "clicks on ads"),
    Kind.IMPORTED: ("import", "imports"),
    Kind.ENTERED: ("entry by hand", "entries by hand"),
}
# What tells most of them stands first.
ORDER = (
    Kind.BOOKED, Kind.REPLY, Kind.EVENT, Kind.FORM, Kind.DOWNLOAD, Kind.PAGE_VIEW,
    Kind.EMAIL_CLICK, Kind.AD_CLICK, Kind.ENTERED, Kind.IMPORTED,
)  # fmt: skip


@dataclass(slots=True)
class Did:
    """One kind of sign: how often, when last, where."""

    kind: str
    last: datetime
    count: int = 0
    seconds: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def words(self) -> str:
        one, several = WORDS[self.kind]
        return f"{self.count} {one if self.count == 1 else several}"

    @property
    def places(self) -> list[str]:
        """The pages or papers, most often first: "/pricing 3 ×"."""
        return [f"{place} {n} ×" if n > 1 else place for place, n in self.seen.most_common(PLACES)]

    @property
    def minutes(self) -> int:
        return round(self.seconds / 60)


def summed(lead: Lead) -> list[Did]:
    """What the lead did, kind by kind; one query, however much it was."""
    signs = Activity.objects.filter(lead=lead, kind__in=TOUCHPOINTS)
    found: dict[str, Did] = {}
    rows = signs.order_by("-occurred_at", "-pk").values_list("kind", "occurred_at", "data")
    for kind, at, data in rows[:READ]:
        did = found.setdefault(kind, Did(kind, at))
        did.count += 1
        did.seconds += _seconds(data.get("seconds"))
        if place := data.get("title") or data.get("path") or data.get("subject"):
            did.seen[str(place)] += 1
    return sorted(found.values(), key=lambda did: ORDER.index(Kind(did.kind)))


def _seconds(value: object) -> int:
    """What a page's script says it was read for; it may say anything."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
