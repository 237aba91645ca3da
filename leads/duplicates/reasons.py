"""Why two records may be one person, in words."""

from leads.duplicates.agreement import DIFFER, EXACT, LOOSE, NEAR, PART, compare
from leads.duplicates.records import (
    COMPANY,
    COUNTRY,
    EMAIL,
    FIRST,
    LAST,
    PHONE,
    Texts,
)

NAMED = {
    EMAIL: "e-mail",
    PHONE: "phone",
    LAST: "last name",
    FIRST: "first name",
    COMPANY: "company",
    COUNTRY: "country",
}
WORDS = {
    EXACT: "same {}",
    NEAR: "{} nearly the same",
    PART: "{} partly the same",
    LOOSE: "{} alike",
    DIFFER: "another {}",
}


def in_words(a: Texts, b: Texts) -> list[str]:
    """What speaks for it, the surest first, then what speaks against it."""
    levels, swapped = compare(a, b)
    said = {NAMED[index]: levels[index] for index in NAMED if levels[index] in WORDS}
    found: dict[str, int] = {}
    if swapped:
        found["first and last name swapped"] = EXACT
        said.pop("first name", None)
        said.pop("last name", None)
    elif said.get("first name") == said.get("last name") == EXACT:
        del said["first name"], said["last name"]
        said = {"name": EXACT, **said}
    found |= {WORDS[level].format(name): level for name, level in said.items()}
    # A shared country is no reason; another one speaks against it.
    found.pop("same country", None)
    return sorted(found, key=lambda words: found[words])
