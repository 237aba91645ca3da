"""Where leads come from: campaigns and the forms people fill in."""

from django.db import models

from accounts.configuration import configured
from accounts.models import Team, User


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def visible_to(self, user: User) -> "CampaignQuerySet":
        """All for admins and managers; a marketer sees their own teams'; sales sees names only."""
        if user.is_admin or user.role in ("marketing_manager", "sales_manager"):
            return self
        return self.filter(team_id__in=user.marketing_teams)


@configured
class Campaign(models.Model):
    """One marketing effort with a channel, a budget and what was spent."""

    class Channel(models.TextChoices):
        SEARCH = "search", "Search ads"
        SOCIAL = "social", "Social ads"
        EMAIL = "email", "E-mail"
        EVENT = "event", "Event"
        CONTENT = "content", "Content"
        REFERRAL = "referral", "Referral"
        PARTNER = "partner", "Partner"
        OTHER = "other", "Other"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=160)
    channel = models.CharField(max_length=16, choices=Channel.choices, default=Channel.OTHER)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="campaigns")
    budget = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    spent = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="USD")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    # What happens when a lead of this campaign reaches the agreed MQL definition.
    hand_over_at_once = models.BooleanField(default=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CaptureForm(models.Model):
    """A form anyone may fill in, at /f/<slug>/ or embedded in a page by its script."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=160)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="forms")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    headline = models.CharField(max_length=200, blank=True)
    intro = models.TextField(blank=True)
    button = models.CharField(max_length=60, default="Send")
    thanks = models.TextField(default="Thank you. We will be in touch.")
    consent_text = models.TextField(blank=True)
    # Field names in order; `email` is always asked. See leads.capture_forms.ASKABLE for the names;
    # `extra.<name>` is a field of one's own.
    fields = models.JSONField(default=list)
    # What filling it in counts as: form, download, event (a touchpoint kind).
    touchpoint = models.CharField(max_length=20, default="form")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
