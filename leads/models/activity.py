"""What happened to a lead: touchpoints (theirs), touches (ours), steps of the lifecycle."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from leads.models.campaign import Campaign
from leads.models.lead import Lead


class Kind(models.TextChoices):
    # Touchpoints: signs of theirs. They never stop a clock of ours.
    FORM = "form", "Form filled in"
    PAGE_VIEW = "page_view", "Page visited"
    DOWNLOAD = "download", "Download"
    EMAIL_CLICK = "email_click", "E-mail link clicked"
    EVENT = "event", "Came to an event"
    REPLY = "reply", "Reply"
    AD_CLICK = "ad_click", "Ad clicked"
    IMPORTED = "imported", "Imported"
    ENTERED = "entered", "Entered by hand"
    BOOKED = "booked", "Meeting booked"
    # Touches: contacts by a person of ours (a note is none).
    CALL = "call", "Call"
    EMAIL = "email", "E-mail"
    MEETING = "meeting", "Meeting"
    NOTE = "note", "Note"
    UNLOGGED = "unlogged", "Taken back"
    # What programs say of e-mail: neither.
    AUTO_REPLY = "auto_reply", "Automatic reply"
    BOUNCED = "bounced", "E-mail came back"
    # Lifecycle.
    SOURCED = "sourced", "Found by sales"
    MQL = "mql", "Became an MQL"
    HANDED_OVER = "handed_over", "Handed over to sales"
    REASSIGNED = "reassigned", "Reassigned"
    ACCEPTED = "accepted", "Accepted by sales"
    REJECTED = "rejected", "Rejected by sales"
    PAUSED = "paused", "Paused"
    RESUMED = "resumed", "Resumed"
    RETURN_ANSWERED = "return_answered", "Return answered by marketing"
    DISPUTED = "disputed", "Return disputed"
    RULED = "ruled", "Return ruled on by both managers"
    QUALIFIED = "qualified", "Qualified"
    DISQUALIFIED = "disqualified", "Disqualified"
    RECYCLED = "recycled", "Recycled to marketing"
    WITHDRAWN = "withdrawn", "Withdrawn from sales"
    MERGED = "merged", "Merged with another lead"
    UNMERGED = "unmerged", "Merge undone"
    RESTORED = "restored", "Put back from the bin"
    REOPENED = "reopened", "Recycling undone"
    DEAL_OPENED = "deal_opened", "Deal opened"
    JOINED_DEAL = "joined_deal", "Joined a deal"
    WON = "won", "Deal won"
    LOST = "lost", "Deal lost"
    FEEDBACK = "feedback", "Quality told by sales"
    EDITED = "edited", "Details changed"
    HEARD = "heard", "They said"


TOUCHPOINTS = frozenset(
    {
        Kind.FORM,
        Kind.PAGE_VIEW,
        Kind.DOWNLOAD,
        Kind.EMAIL_CLICK,
        Kind.EVENT,
        Kind.REPLY,
        Kind.AD_CLICK,
        Kind.IMPORTED,
        Kind.ENTERED,
        Kind.BOOKED,
    }
)
TOUCHES = frozenset({Kind.CALL, Kind.EMAIL, Kind.MEETING})
LOGGED_BY_HAND = (Kind.CALL, Kind.EMAIL, Kind.MEETING, Kind.NOTE)


class Outcome(models.TextChoices):
    CONNECTED = "connected", "Connected"
    VOICEMAIL = "voicemail", "Left a voicemail"
    NO_ANSWER = "no_answer", "No answer"
    WRONG_NUMBER = "wrong_number", "Wrong number"
    SENT = "sent", "Sent"
    REPLIED = "replied", "They replied"
    HELD = "held", "Held"
    NO_SHOW = "no_show", "They did not come"


OUTCOMES = {
    Kind.CALL: (Outcome.CONNECTED, Outcome.VOICEMAIL, Outcome.NO_ANSWER, Outcome.WRONG_NUMBER),
    Kind.EMAIL: (Outcome.SENT, Outcome.REPLIED),
    Kind.MEETING: (Outcome.HELD, Outcome.NO_SHOW),
    Kind.NOTE: (),
}


class Activity(models.Model):
    """One thing that happened, at `occurred_at`; `recorded_at` is when we learned of it."""

    class Evidence(models.TextChoices):
        """Who says when it happened; decides whether a late report can undo a breach."""

        SYSTEM = "system", "leadflow itself"
        MACHINE = "machine", "Mail header, call log, webhook"
        TYPED = "typed", "Typed by a person"

    # Found by activity_timeline and activity_by_handoff; nobody looks for an actor's.
    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="activities", db_index=False
    )
    handoff = models.ForeignKey(
        "leads.Handoff", null=True, on_delete=models.CASCADE, related_name="activities",
        db_index=False,
    )  # fmt: skip
    kind = models.CharField(max_length=20, choices=Kind.choices)
    actor = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    evidence = models.CharField(max_length=8, choices=Evidence.choices, default=Evidence.SYSTEM)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    note = models.TextField(blank=True)
    campaign = models.ForeignKey(
        Campaign, null=True, on_delete=models.PROTECT, related_name="activities"
    )
    # UTM values, referrer, landing page, path, what changed: whatever belongs to the kind.
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["occurred_at", "id"]
        indexes = [
            models.Index(fields=["lead", "occurred_at"], name="activity_timeline"),
            models.Index(
                fields=["handoff", "kind"],
                name="activity_by_handoff",
                condition=Q(handoff__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.occurred_at:%Y-%m-%d %H:%M}"

    @property
    def is_touchpoint(self) -> bool:
        return self.kind in TOUCHPOINTS

    @property
    def is_touch(self) -> bool:
        """A contact by a person of ours; a wrong number reached nobody."""
        return self.kind in TOUCHES and self.outcome != Outcome.WRONG_NUMBER
