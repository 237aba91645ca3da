"""The forms of the wizard: the file, and what to do with its columns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms

from leads.capture_forms import campaigns_for_entry
from leads.csv_headers import FULL_NAME
from leads.custom_fields import FieldRules
from leads.custom_fields.changing import may_manage
from leads.importing import Record
from leads.imports import own_fields, words
from leads.imports.dates import Order, sure_order_of
from leads.imports.mapping import DATES, KEEP, TARGETS, values_of
from leads.imports.numbers import Style
from leads.imports.rows import plan_of
from leads.intake import EXTRA_LIMIT
from leads.models import Duplicates, Import

SAMPLES = 3
SAMPLE_LENGTH = 60
GROUPS = (
    ("Who", ("email", "phone", "first_name", "last_name", FULL_NAME, "job_title", "country")),
    ("Company", ("company", "website")),
    ("Where from", ("campaign", "source", "touchpoint", "occurred_at")),
)


def target_choices(fields: Sequence[FieldRules] = ()) -> list[Any]:
    """Where a column may go, as grouped choices."""
    named = {name for _, names in GROUPS for name in names}
    others = [(name, label) for name, label in TARGETS.items() if name not in named]
    return [
        ("", "Leave out"),
        (KEEP, "Keep as a further field"),
        *([("Your fields", [(r.key, r.label) for r in fields])] if fields else []),
        *((label, [(name, TARGETS[name]) for name in names]) for label, names in GROUPS),
        ("More", others),
    ]


class UploadForm(forms.Form):
    """A file to import."""

    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        error_messages={
            "required": "Choose a file to import.",
            "max_length": "The file's name is longer than 255 characters; give it a shorter one.",
        },
    )


ENCODINGS = {
    "utf-8": "UTF-8", "utf-8-sig": "UTF-8 with a mark", "cp1252": "Western (Windows-1252)",
    "cp1250": "Central European (Windows-1250)", "cp1251": "Cyrillic (Windows-1251)",
    "cp1253": "Greek (Windows-1253)", "cp1254": "Turkish (Windows-1254)",
    "utf-16": "UTF-16", "utf-16-le": "UTF-16, little end first",
    "utf-16-be": "UTF-16, big end first", "utf-32": "UTF-32", "shift_jis": "Japanese (Shift JIS)",
    "gb18030": "Chinese (GB 18030)", "big5": "Chinese (Big5)", "euc-kr": "Korean (EUC)",
    "mac-roman": "Mac OS Roman",
}  # fmt: skip
DELIMITERS = {",": "Commas", ";": "Semicolons", "\t": "Tabs", "|": "Bars"}


class ReadingForm(forms.Form):
    """How the bytes of a file become cells, where what was found is wrong."""

    encoding = forms.ChoiceField(choices=list(ENCODINGS.items()))
    # A tab at either end would be stripped from a text.
    delimiter = forms.ChoiceField(
        label="Columns are parted by",
        choices=[(str(ord(sign)), name) for sign, name in DELIMITERS.items()],
    )

    def __init__(self, data: Any = None, *, importing: Import) -> None:
        sign = importing.delimiter or ","
        super().__init__(data, initial={"encoding": importing.encoding, "delimiter": ord(sign)})

    @property
    def chosen(self) -> dict[str, str]:
        """The encoding and the sign itself."""
        sign = chr(int(self.cleaned_data["delimiter"]))
        return {"encoding": self.cleaned_data["encoding"], "delimiter": sign}


class ColumnsForm(forms.Form):
    """What becomes of each column, and of all rows."""

    campaign = forms.ChoiceField(required=False)
    duplicates = forms.ChoiceField(
        label="When we know the lead already", choices=Duplicates.choices
    )
    dates = forms.ChoiceField(
        label="Dates are written", choices=[("", "Choose…"), *Order.choices], required=False
    )
    numbers = forms.ChoiceField(label="Decimals are written", choices=Style.choices, required=False)
    hand_over = forms.BooleanField(
        label="Hand new MQLs over to sales where their campaign does so", required=False
    )

    def __init__(self, data: Any = None, *, importing: Import, sample: Sequence[Record]) -> None:
        super().__init__(
            data,
            initial={
                "campaign": importing.campaign.slug if importing.campaign else "",
                "duplicates": importing.duplicates,
                "dates": importing.dates,
                "numbers": importing.numbers,
                "hand_over": importing.hand_over,
            },
        )
        self.importing, self.sample = importing, sample
        self.own = own_fields.of_leads()
        choices, self.campaigns = target_choices(self.own), campaigns_for_entry(importing.by)
        known_targets = {KEEP, "", *TARGETS, *(rules.key for rules in self.own)}
        named = [(campaign.slug, campaign.name) for campaign in self.campaigns]
        self.fields["campaign"].choices = [("", "No campaign"), *named]  # type: ignore[attr-defined]
        self.fields["campaign"].help_text = "For rows that name none."
        for index, header in enumerate(importing.headers):
            self.fields[f"column-{index}"] = forms.ChoiceField(
                label=header or f"Column {index + 1}", choices=[*choices, *self._new(index)],
                required=False,
                # A field that was removed since is kept as any further one.
                initial=importing.targets[index] if importing.targets[index] in known_targets
                else KEEP,
            )  # fmt: skip
        # Asked about the columns as they are being sent, so that every word has its answer.
        targets = importing.targets if not self.is_bound else self._sent_targets()
        known = plan_of(importing).campaigns
        self.words = words.unknown(importing.headers, targets, sample, known)
        for number, word in enumerate(self.words):
            before = importing.words.get(str(word.column), {}).get(word.key, words.REFUSE)
            self.fields[f"word-{number}"] = forms.ChoiceField(
                label=word.typed, choices=words.choices(word.target, named), required=False,
                initial=before or words.EMPTY,
            )  # fmt: skip

    def _new(self, index: int) -> list[Any]:
        """For managers: the kinds of which the column can become a field."""
        if not may_manage(self.importing.by):
            return []
        values = values_of(self.sample, index)
        looks_like = own_fields.look_of(values, self.importing.numbers)
        return [("New field", own_fields.new_choices(looks_like))]

    def make_fields(self, *, at: datetime) -> bool:
        """Make a field of each column that is to become one; False where one can't be."""
        wanted = {
            index: target
            for index in range(len(self.importing.headers))
            if (target := self.cleaned_data[f"column-{index}"]).startswith(own_fields.NEW)
        }
        if not wanted:
            return True
        headers = {index: str(self.fields[f"column-{index}"].label) for index in wanted}
        values = {index: values_of(self.sample, index) for index in wanted}
        style = self.cleaned_data.get("numbers") or Style.POINT
        made, wrong = own_fields.make(wanted, headers, values, style, by=self.importing.by, at=at)
        for index, said in wrong.items():
            self.add_error(f"column-{index}", said)
        if not wrong:
            self.cleaned_data |= {f"column-{index}": target for index, target in made.items()}
        return not wrong

    def _sent_targets(self) -> list[str]:
        count = len(self.importing.headers)
        return [str(self.data.get(f"column-{index}", "")) for index in range(count)]

    @property
    def columns(self) -> list[tuple[Any, list[str]]]:
        """Each column's field with a few of its values."""
        return [
            (self[f"column-{index}"], self._samples(index))
            for index in range(len(self.importing.headers))
        ]

    def _samples(self, index: int) -> list[str]:
        found = dict.fromkeys(values_of(self.sample, index))
        return [value[:SAMPLE_LENGTH] for value in list(found)[:SAMPLES]]

    @property
    def asked_words(self) -> list[tuple[words.Word, Any]]:
        """Each word nobody knows with the field that says what it stands for."""
        return [(word, self[f"word-{number}"]) for number, word in enumerate(self.words)]

    @property
    def has_new_words(self) -> bool:
        """Whether words came up that the page did not ask about yet."""
        return any(f"word-{number}" not in self.data for number in range(len(self.words)))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        targets = [data.get(f"column-{i}", "") for i in range(len(self.importing.headers))]
        if not {"email", "phone"} & set(targets):
            self.add_error(
                None,
                "Say which column holds the e-mail address or the phone number: a lead needs one.",
            )
        kept = targets.count(KEEP)
        if kept > EXTRA_LIMIT:
            self.add_error(
                None,
                f"{kept} columns are to be kept as further fields; a lead has room for "
                f"{EXTRA_LIMIT}. Leave {kept - EXTRA_LIMIT} out.",
            )
        days = {*DATES, *own_fields.days(self.own)}
        dated = [index for index, target in enumerate(targets) if target in days]
        if dated and not data.get("dates"):
            written = [value for index in dated for value in values_of(self.sample, index)]
            data["dates"] = sure_order_of(written)
        if dated and not data["dates"]:
            self.add_error("dates", "Say how dates are written in this file.")
        if not (self.importing.team_id or data.get("campaign") or "campaign" in targets):
            self.add_error("campaign", "Choose a campaign: it says whose leads these are.")
        return data

    def save(self) -> Import:
        """Write the choices onto the import."""
        importing, data = self.importing, self.cleaned_data
        importing.targets = [data[f"column-{i}"] for i in range(len(importing.headers))]
        importing.words = self._chosen_words()
        importing.campaign = next(
            (campaign for campaign in self.campaigns if campaign.slug == data["campaign"]), None
        )
        importing.duplicates, importing.dates = data["duplicates"], data["dates"]
        importing.hand_over, importing.numbers = data["hand_over"], data["numbers"] or Style.POINT
        importing.save(
            update_fields=[
                "targets",
                "words",
                "campaign",
                "duplicates",
                "dates",
                "numbers",
                "hand_over",
            ]
        )
        return importing

    def _chosen_words(self) -> dict[str, dict[str, str]]:
        """What was said before about words that this sample does not have is kept."""
        chosen = {column: dict(found) for column, found in self.importing.words.items()}
        for number, word in enumerate(self.words):
            of_column = chosen.setdefault(str(word.column), {})
            meant = self.cleaned_data[f"word-{number}"] or words.REFUSE
            of_column.pop(word.key, None)
            if meant != words.REFUSE:
                of_column[word.key] = "" if meant == words.EMPTY else meant
        return {column: found for column, found in chosen.items() if found}
