"""The tables of people and of what the whole product leans on: keys, audit trail, outbox."""

from accounts.models.audit import AuditEntry
from accounts.models.booking import BookingPage
from accounts.models.configuration import ConfigurationStamp
from accounts.models.contact import Contact
from accounts.models.feed import CalendarFeed
from accounts.models.keys import ApiKey, IdempotentRequest
from accounts.models.outbox import Notification, OutboxMessage
from accounts.models.people import Absence, Membership, Role, Team, User
from accounts.models.preference import NotificationPreference
from accounts.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "Absence",
    "ApiKey",
    "AuditEntry",
    "BookingPage",
    "CalendarFeed",
    "ConfigurationStamp",
    "Contact",
    "IdempotentRequest",
    "Membership",
    "Notification",
    "NotificationPreference",
    "OutboxMessage",
    "Role",
    "Team",
    "User",
    "Webhook",
    "WebhookDelivery",
]
