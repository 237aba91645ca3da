"""Who answers for which topic: a row of two people each."""

from typing import Any

from django import forms
from django.db import transaction

from accounts.models import Contact, User


class ContactForm(forms.Form):
    """The person of one topic and their deputy."""

    person = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Nobody")
    deputy = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Nobody")

    def __init__(self, data: Any, *, topic: str, now: Contact | None, people: Any) -> None:
        initial = {"person": now and now.person_id, "deputy": now and now.deputy_id}
        super().__init__(data, prefix=topic, initial=initial)
        self.topic, self.about = topic, Contact.Topic(topic).label
        for name, field in self.fields.items():
            field.queryset = people  # type: ignore[attr-defined]
            field.widget.attrs["aria-label"] = f"{self.about}: {name}"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("deputy") and not data.get("person"):
            self.add_error("person", "A deputy needs somebody to stand in for; name them first.")
        elif data.get("deputy") and data["deputy"] == data.get("person"):
            self.add_error("deputy", "Nobody stands in for themselves; choose another, or nobody.")
        return data


class ContactsForm:
    """The rows of all topics, valid and saved together."""

    def __init__(self, data: Any = None) -> None:
        people = User.objects.filter(is_active=True).order_by("name", "email")
        now = {each.topic: each for each in Contact.objects.select_related("person", "deputy")}
        self.rows = [
            ContactForm(data, topic=topic, now=now.get(topic), people=people)
            for topic in Contact.Topic.values
        ]

    def is_valid(self) -> bool:
        wrong = [row for row in self.rows if not row.is_valid()]  # each of them says what is wrong
        return not wrong

    def save(self) -> dict[str, str]:
        """Keep them; answers what is different now, as topic → person."""
        changed: dict[str, str] = {}
        with transaction.atomic():
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
