"""Who to turn to: the person of a topic, or their deputy while they are away."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Absence, Contact, User


@dataclass(frozen=True, slots=True)
class Turn:
    """Whom to ask now, and whom they stand in for."""

    topic: str
    about: str
    ask: User
    instead_of: User | None


def turn_to(topic: str, *, at: datetime) -> Turn | None:
    """Whom to ask about a topic at an instant; None where nobody was named, or nobody is left.

    A deputy answers while the person is on leave, and for one who has gone.
    """
    contact = Contact.objects.select_related("person", "deputy").filter(topic=topic).first()
    if contact is None:
        return None
    about, person, deputy = contact.get_topic_display(), contact.person, contact.deputy
    if deputy is not None and deputy.is_active and _is_away(person, at=at):
        return Turn(topic, about, deputy, person)
    return Turn(topic, about, person, None) if person.is_active else None


def _is_away(person: User, *, at: datetime) -> bool:
    return not person.is_active or Absence.objects.covering(at).filter(user=person).exists()
