"""What we sell, what it was called before, what changed, and who has read of it."""

from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse

from accounts.configuration import configured
from accounts.models import User
from personas.models.agreed import Persona


class OfferQuerySet(models.QuerySet["Offer"]):
    def on_sale(self) -> Self:
        """Those that may be offered now."""
        return self.filter(is_active=True)

    def called(self, words: str) -> Self:
        """Those whose present name, or a former one, contains these words."""
        former = FormerName.objects.filter(name__icontains=words)
        return self.filter(Q(name__icontains=words) | Q(pk__in=former.values("offer")))


@configured
class Offer(models.Model):
    """Something we sell, by its present name and price; former names stay findable.

    Name, price and whether it is sold change only by a published change (personas.announcing).
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=160)
    summary = models.TextField(blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, default="USD")
    personas = models.ManyToManyField(Persona, blank=True, related_name="offers")
    is_active = models.BooleanField(default=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="offer_price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("offer", args=[self.slug])

    @property
    def former_names(self) -> list[str]:
        """What it was called and is not now, the last name first; prefetch `former` for many."""
        now = self.name.casefold()
        return [each.name for each in self.former.all() if each.name.casefold() != now]

    def facts(self) -> dict[str, Any]:
        """What a change may change of it."""
        return {
            "name": self.name, "price": str(self.price), "currency": self.currency,
            "is_active": self.is_active,
        }  # fmt: skip


class OfferChangeQuerySet(models.QuerySet["OfferChange"]):
    def open(self) -> Self:
        """Proposed, and neither published nor thrown away."""
        return self.filter(published_at=None, discarded_at=None)

    def in_effect(self) -> Self:
        """Published, and not taken back."""
        return self.filter(published_at__isnull=False, taken_back_at=None)

    def to_acknowledge_by(self, user: User) -> Self:
        """Those this person was asked to acknowledge and has not, the oldest first."""
        mine = Acknowledgement.objects.filter(user=user, acknowledged_at=None)
        return self.in_effect().filter(pk__in=mine.values("change")).order_by("published_at", "pk")


@configured
class OfferChange(models.Model):
    """An offer is renamed, repriced, on or off sale, or a claim about it is withdrawn.

    Proposed by anyone of marketing, published by a manager of it. `before` and `after` hold the
    facts of the offer that change (Offer.facts). Written by personas.announcing.
    """

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="changes")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    # Words that are no longer to be said of it.
    claim = models.CharField(max_length=200, blank=True)
    # What to say now; to a customer, not about the change.
    say = models.TextField(blank=True)
    reason = models.TextField()
    # One line, for lists and messages.
    title = models.CharField(max_length=250)
    proposed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    proposed_at = models.DateTimeField()
    # Counts the changes of the proposal, so that nobody publishes what they have not read.
    edits = models.PositiveIntegerField(default=1)
    published_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    published_at = models.DateTimeField(null=True)
    discarded_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    taken_back_at = models.DateTimeField(null=True)

    objects = OfferChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["offer"], name="one_open_change_an_offer",
                condition=Q(published_at=None, discarded_at=None),
            ),
            models.CheckConstraint(
                name="change_published_or_discarded",
                condition=Q(published_at=None) | Q(discarded_at=None),
            ),
            models.CheckConstraint(
                name="only_published_is_taken_back",
                condition=Q(taken_back_at=None) | Q(published_at__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("offer-change", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.published_at is None and self.discarded_at is None

    @property
    def renamed(self) -> bool:
        return "name" in self.after

    @property
    def is_new(self) -> bool:
        """Whether it puts something on sale: nothing said before is said no more."""
        return bool(self.after.get("is_active")) and not self.retired_words

    @property
    def repriced(self) -> bool:
        return "price" in self.after or "currency" in self.after

    def _price(self, facts: dict[str, Any]) -> tuple[Decimal, str]:
        price = facts.get("price", str(self.offer.price))
        return Decimal(price), facts.get("currency", self.offer.currency)

    @property
    def price_before(self) -> tuple[Decimal, str]:
        """Amount and currency."""
        return self._price(self.before)

    @property
    def price_after(self) -> tuple[Decimal, str]:
        return self._price(self.after)

    @property
    def retired_words(self) -> list[str]:
        """What is no longer said once it is published."""
        gone = [self.before["name"]] if self.renamed else []
        return [*gone, *([self.claim] if self.claim else [])]


@configured
class FormerName(models.Model):
    """What an offer was called until an instant (None: before changes were kept)."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="former")
    name = models.CharField(max_length=160)
    until = models.DateTimeField(null=True)
    change = models.OneToOneField(
        OfferChange, null=True, on_delete=models.CASCADE, related_name="retired_name"
    )

    class Meta:
        ordering = [F("until").desc(nulls_last=True), "-id"]
        constraints = [
            models.UniqueConstraint(F("offer"), Lower("name"), name="former_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Acknowledgement(models.Model):
    """Somebody of sales is asked to read a change, and has: one row a person and change.

    Written by personas.announcing with the publication; who comes later learns the present names.
    """

    change = models.ForeignKey(
        OfferChange, on_delete=models.CASCADE, related_name="acknowledgements", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["user__name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["change", "user"], name="acknowledged_once"),
        ]
        indexes = [
            models.Index(fields=["user"], name="to_acknowledge", condition=Q(acknowledged_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.user} on change {self.change_id}"


class MessageQuerySet(models.QuerySet["Message"]):
    def in_use(self) -> Self:
        """Agreed and not retired."""
        return self.filter(agreed_at__isnull=False, retired_at=None)


class Message(models.Model):
    """What we say of an offer, or to a persona: proposed by anyone, agreed by a manager.

    A changed text is a proposal again.
    """

    class Channel(models.TextChoices):
        ANY = "", "Any channel"
        CALL = "call", "Call"
        EMAIL = "email", "E-mail"
        MEETING = "meeting", "Meeting"
        SOCIAL = "social", "Social"

    offer = models.ForeignKey(
        Offer, null=True, blank=True, on_delete=models.CASCADE, related_name="messages"
    )
    persona = models.ForeignKey(
        Persona, null=True, blank=True, on_delete=models.CASCADE, related_name="messages"
    )
    # A lead's stage; "" is any.
    stage = models.CharField(max_length=16, blank=True)
    channel = models.CharField(max_length=8, blank=True, choices=Channel.choices)
    text = models.TextField()
    # [{"title", "url"}]: brochures, pages, pictures.
    collaterals = models.JSONField(default=list, blank=True)
    proposed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    proposed_at = models.DateTimeField()
    agreed_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    agreed_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="message_agreed_by_somebody",
                condition=Q(agreed_at=None, agreed_by=None)
                | Q(agreed_at__isnull=False, agreed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]
