"""How each person is told of what: which topics, on which channels, at once or gathered.

The bell, the e-mail and one's own chat are channels. What nobody has chosen goes to the bell and,
at once, by e-mail; to the chat too where there is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import NotificationPreference, User
from accounts.models.preference import Mail
from accounts.quiet import quiet_until

MORNING = time(8)


@dataclass(frozen=True, slots=True)
class Topic:
    """Messages that somebody wants to be told of in one way."""

    key: str
    name: str
    words: str
    kinds: tuple[str, ...]
    always: bool = False  # its bell cannot be switched off


TOPICS = (
    Topic("leads", "Leads that come and go",
          "Assigned, up for whoever takes it, withdrawn. The bell always rings.",
          ("assigned", "pooled", "withdrawn"), always=True),
    Topic("deadlines", "Deadlines", "Near, missed, escalated, standing still, claims to approve.",
          ("warn", "tell_owner", "tell_manager", "unassigned", "paused", "claim")),
    Topic("answers", "Answers",
          "Replies of leads, meetings they booked, mail that came back, what sales thinks of one.",
          ("reply", "mail", "feedback", "booked", "ruled")),
    Topic("mentions", "Mentions", "A colleague names you in a note with @.", ("mention",)),
    Topic("agreement", "The agreement", "What waits for your signature, or to be acknowledged.",
          ("agreement_waits", "contract_signed", "change")),
    Topic("work", "Work that is done",
          "Imports, changes to many leads, fields turned over, viruses found in files.",
          ("import", "bulk", "custom_field", "custom_field_turned", "file")),
    Topic("other", "Everything else", "Predictions that drift, webhooks that do not answer.",
          ()),
)  # fmt: skip
OTHER = TOPICS[-1]
TOPIC_OF = {kind: topic for topic in TOPICS for kind in topic.kinds}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one person has chosen, topic by topic."""

    person: User
    chosen: Mapping[str, NotificationPreference]

    def of(self, kind: str) -> NotificationPreference:
        """What goes for one kind of message."""
        return self.about(TOPIC_OF.get(kind, OTHER))

    def about(self, topic: Topic) -> NotificationPreference:
        """What was chosen for a topic, or what goes when nobody has chosen."""
        return self.chosen.get(topic.key) or NotificationPreference(
            user=self.person, topic=topic.key
        )

    def rings(self, kind: str) -> bool:
        """Whether the bell takes it."""
        return TOPIC_OF.get(kind, OTHER).always or self.of(kind).bell

    def mail_due(self, kind: str, *, written_at: datetime, at: datetime) -> datetime | None:
        """When the e-mail of a message goes: an instant, not before the quiet that reigns is over;
        None for never."""
        mail = self.of(kind).mail
        if mail == Mail.NEVER:
            return None
        due = max(at, _gathered(mail, written_at, ZoneInfo(self.person.time_zone)))
        return quiet_until(self.person, due) or due


def wishes_of(person: User) -> Wishes:
    """What somebody has chosen."""
    return Wishes(person, {each.topic: each for each in person.notification_preferences.all()})


def _gathered(mail: str, written_at: datetime, zone: ZoneInfo) -> datetime:
    """The next full hour, or the next morning of one's own, after something was written."""
    if mail == Mail.HOURLY:
        return written_at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if mail == Mail.DAILY:
        local = written_at.astimezone(zone)
        day = local.date() + timedelta(days=local.time() >= MORNING)
        return datetime.combine(day, MORNING, zone).astimezone(UTC)
    return written_at
