"""How somebody wants to be told: a row of choices a topic, and the address of their chat."""

from typing import Any

from django import forms
from django.db import transaction

from accounts import calling_out
from accounts.form_rows import FormRows
from accounts.models import NotificationPreference
from accounts.telling import TOPICS, Topic, Wishes


class TopicForm(forms.ModelForm):
    """The channels of one topic."""

    class Meta:
        model = NotificationPreference
        fields = ["bell", "mail", "chat"]

    def __init__(
        self, data: Any, *, instance: NotificationPreference, topic: Topic, has_chat: bool
    ) -> None:
        super().__init__(data, instance=instance, prefix=topic.key)
        self.topic = topic
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{topic.name}: {name}"
        if not has_chat:
            del self.fields["chat"]  # what was chosen for a chat stays for the next one
        if topic.always:
            self.fields["bell"].disabled = True
            self.initial["bell"] = True


class TellingForm(FormRows[TopicForm]):
    """The rows of all topics, valid and saved together."""

    def __init__(self, wishes: Wishes, data: Any = None, *, has_chat: bool) -> None:
        self.rows = [
            TopicForm(data, instance=wishes.about(topic), topic=topic, has_chat=has_chat)
            for topic in TOPICS
        ]

    def save(self) -> None:
        """Keep the choices of one person."""
        with transaction.atomic():
            NotificationPreference.objects.bulk_create(
                [row.save(commit=False) for row in self.rows],
                update_conflicts=True,
                unique_fields=["user", "topic"],
                update_fields=["bell", "mail", "chat"],
            )


class ChatForm(forms.Form):
    """The address a chat gave for incoming messages."""

    url = forms.CharField(
        label="Address of an incoming webhook",
        max_length=500,
        help_text="Slack, Mattermost, Rocket.Chat and others make one for you.",
        widget=forms.TextInput(
            attrs={"placeholder": "https://chat.example.com/hooks/…", "inputmode": "url"}
        ),
    )

    def clean_url(self) -> str:
        """An address that would never be called is refused at once."""
        url: str = self.cleaned_data["url"]
        try:
            calling_out.read(url)
        except calling_out.Unsafe as unsafe:
            raise forms.ValidationError(str(unsafe)) from None
        return url
