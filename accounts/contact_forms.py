"""Who answers for which topic: a row of two people each."""

from typing import Any

from django import forms
from django.db import connection, transaction

from accounts.form_rows import FormRows
from accounts.models import Contact, User
from accounts.refusals import Conflict


class ContactForm(forms.Form):
    """The person of one topic and their deputy."""

    person = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Nobody")
    deputy = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Nobody")

    def __init__(self, data: Any, *, topic: str, now: Contact | None, people: Any) -> None:
        initial = {"person": now and now.person_id, "deputy": now and now.deputy_id}
        super().__init__(data, prefix=topic, initial=initial)
        self.topic, self.about, self.now = topic, Contact.Topic(topic).label, now
        for name, field in self.fields.items():
            field.queryset = people  # type: ignore[attr-defined]
            field.widget.attrs["aria-label"] = f"{self.about}: {name}"

    @property
    def ticket(self) -> str:
        """Names who it is now."""
        return f"{self.now.person_id},{self.now.deputy_id or ''}" if self.now else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("deputy") and not data.get("person"):
            self.add_error("person", "A deputy needs somebody to stand in for; name them first.")
        elif data.get("deputy") and data["deputy"] == data.get("person"):
            self.add_error("deputy", "Nobody stands in for themselves; choose another, or nobody.")
        return data


class ContactsForm(FormRows[ContactForm]):
    """The rows of all topics, valid and saved together."""

    def __init__(self, data: Any = None) -> None:
        self.data = data
        people = User.objects.filter(is_active=True).order_by("name", "email")
        now = {each.topic: each for each in Contact.objects.select_related("person", "deputy")}
        self.rows = [
            ContactForm(data, topic=topic, now=now.get(topic), people=people)
            for topic in Contact.Topic.values
        ]

    def changed_since(self, seen: str) -> list[str]:
        """Which topics are somebody else's by now than when `seen` was the ticket, in words."""
        before = dict(part.split(":", 1) for part in seen.split(" ") if ":" in part)
        return [
            f"{row.about} is {row.now.person if row.now else 'nobody'} now"
            for row in self.rows
            if before.get(row.topic, "") != row.ticket
        ]

    @property
    def seen(self) -> str:
        """Names what all rows are now, to tell later whether they still are."""
        return " ".join(f"{row.topic}:{row.ticket}" for row in self.rows)

    def save(self) -> dict[str, str]:
        """Keep them, unless they are not what was seen any more; answers what is different now, as
        topic → person. Raises Conflict saying what somebody else has changed."""
        changed: dict[str, str] = {}
        with transaction.atomic():
            with connection.cursor() as cursor:
                # Whoever saves waits for the other; whoever only reads does not.
                cursor.execute("LOCK TABLE accounts_contact IN SHARE ROW EXCLUSIVE MODE")
            if theirs := ContactsForm().changed_since(str(self.data.get("seen", ""))):
                raise Conflict(
                    f"Somebody changed this since you opened it: {'; '.join(theirs)}. What you "
                    "chose is below; save again to put it in the place of theirs."
                )
            for row in self.rows:
                if not row.has_changed():
                    continue
                person, deputy = row.cleaned_data["person"], row.cleaned_data["deputy"]
                changed[row.topic] = person.email if person else ""
                if person is None:
                    for contact in Contact.objects.filter(topic=row.topic):
                        contact.delete()
                else:
                    Contact.objects.update_or_create(
                        topic=row.topic, defaults={"person": person, "deputy": deputy}
                    )
        return changed
