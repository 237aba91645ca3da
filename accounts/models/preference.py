"""What somebody has chosen about being told of things."""

from django.db import models

from accounts.models.people import User


class Mail(models.TextChoices):
    """When an e-mail goes out; what is gathered travels as one."""

    AT_ONCE = "at_once", "At once"
    HOURLY = "hourly", "Every hour"
    DAILY = "daily", "Every morning"
    NEVER = "never", "Never"


class NotificationPreference(models.Model):
    """One person's choice for one topic (accounts.telling.TOPICS); the defaults go without one."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="notification_preferences"
    )
    topic = models.CharField(max_length=40)
    bell = models.BooleanField(default=True)
    mail = models.CharField(max_length=10, choices=Mail.choices, default=Mail.AT_ONCE)
    chat = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "topic"], name="preference_one_a_topic"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} of {self.user_id}"
