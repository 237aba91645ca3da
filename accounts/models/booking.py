"""A person's booking page: the address by which anybody takes a time of theirs."""

import secrets
from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.text import slugify

from accounts.models.people import Membership, Team, User

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_slug(user: User) -> str:
    """The person's name and what nobody guesses: another link is another address."""
    name = slugify(user.name)[:40] or "book"
    return f"{name}-{''.join(secrets.choice(ALPHABET) for _ in range(8))}"


class BookingPageManager(models.Manager["BookingPage"]):
    def opened(self, slug: str) -> "BookingPage | None":
        """The page at this address, while it is switched on and its person sells here."""
        return self._open().select_related("user").filter(slug=slug).first()

    def of(self, user: User) -> "BookingPage | None":
        """Somebody's page, while it is the same."""
        return self._open().filter(user=user).first()

    def _open(self) -> "models.QuerySet[BookingPage]":
        sells = Membership.objects.filter(user=OuterRef("user"), team__kind=Team.Kind.SALES)
        return self.filter(Exists(sells), is_on=True, user__is_active=True)


class BookingPage(models.Model):
    """When somebody may be booked, and for how long. Its row is locked by whoever plans a meeting
    of theirs, so that two at once don't get the same time."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="booking_page")
    slug = models.CharField(max_length=60, unique=True)
    is_on = models.BooleanField(default=True)
    minutes = models.PositiveSmallIntegerField(default=30)
    # Minutes kept free before and after each meeting.
    buffer = models.PositiveSmallIntegerField(default=10)
    # Hours before which nobody can book, and days ahead after which.
    notice = models.PositiveSmallIntegerField(default=4)
    ahead = models.PositiveSmallIntegerField(default=14)
    place = models.CharField(max_length=500, blank=True)
    words = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField()

    objects = BookingPageManager()

    def __str__(self) -> str:
        return f"Booking page of {self.user_id}"

    def renew(self, *, at: datetime) -> None:
        """Another address; the one before leads nowhere from now on."""
        self.slug, self.made_at = new_slug(self.user), at
        self.save(update_fields=["slug", "made_at"])
