"""When one may be booked, and for how long."""

from typing import Any

from django import forms

from accounts.models import BookingPage


def _choice(label: str, choices: list[tuple[int, str]], words: str = "") -> forms.Field:
    return forms.TypedChoiceField(label=label, choices=choices, coerce=int, help_text=words)


class BookingPageForm(forms.ModelForm):  # type: ignore[type-arg]
    """One's own page."""

    minutes = _choice("How long", [(15, "15 min"), (30, "30 min"), (45, "45 min"), (60, "1 h")])
    buffer = _choice(
        "Free between meetings", [(0, "nothing"), (5, "5 min"), (10, "10 min"), (15, "15 min"),
                                  (30, "30 min")],
    )  # fmt: skip
    notice = _choice(
        "At the earliest", [(1, "in 1 h"), (2, "in 2 h"), (4, "in 4 h"), (24, "in 1 day"),
                            (48, "in 2 days")],
    )  # fmt: skip
    ahead = _choice(
        "At the latest", [(7, "in 7 days"), (14, "in 14 days"), (28, "in 4 weeks"),
                          (56, "in 8 weeks")],
    )  # fmt: skip

    class Meta:
        model = BookingPage
        fields = ["minutes", "buffer", "notice", "ahead", "place", "words"]
        labels = {"place": "Where", "words": "A word on the page"}
        help_texts = {
            "place": "A place, or a link to a call. Empty: you call them.",
            "words": "What the meeting is for, such as “A look at what fits your garden”.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].widget = forms.Textarea(attrs={"rows": 2})
