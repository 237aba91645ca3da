"""How far two records agree, field by field: exactly, nearly, in part, loosely, not, or not said.

Distances are rapidfuzz's: optimal string alignment (a swap of two letters is one step) for typing
errors, Jaro-Winkler for names, sorted and common words for companies and streets.
"""

from rapidfuzz.distance import OSA, JaroWinkler, Levenshtein
from rapidfuzz.fuzz import token_set_ratio

from leads.duplicates.nicknames import same_person
from leads.duplicates.records import (
    CITY,
    COMPANY,
    COUNTRY,
    EMAIL,
    FIELDS,
    FIRST,
    LAST,
    NUMBER,
    PHONE,
    PLACE,
    POSTCODE,
    STATE,
    STREET,
    Texts,
    made_of_names,
    names_in_mailbox,
)

EXACT, NEAR, PART, LOOSE, DIFFER = range(5)
LEVELS = 5
NOT_SAID = -1
Levels = list[int]
# Names less alike than this (Jaro-Winkler) are different ones.
ALIKE = 0.82
_osa, _winkler, _ratio = OSA.distance, JaroWinkler.similarity, Levenshtein.normalized_similarity


def names(a: str, b: str) -> int:
    """Two first or last names: Jon and John are near; J and John, Bob and Robert agree in part."""
    if a == b:
        return EXACT
    alike = _winkler(a, b, score_cutoff=ALIKE)
    if alike >= 0.93 or (alike and min(len(a), len(b)) > 3 and _osa(a, b, score_cutoff=1) <= 1):
        return NEAR
    spaced = " " in a or " " in b
    if spaced and a.replace(" ", "") == b.replace(" ", ""):
        return NEAR
    if ((alike or spaced or len(a) == 1 or len(b) == 1) and _initial(a, b)) or same_person(a, b):
        return PART
    return LOOSE if alike else DIFFER


def _initial(a: str, b: str) -> bool:
    short, long = (a, b) if len(a) < len(b) else (b, a)
    if len(short) == 1:
        return long[0] == short
    return (long.startswith(short) and len(short) > 2) or short in long.split(" ")


def _emails(a: str, b: str) -> int:
    if a == b:
        return EXACT
    if " " in a or " " in b:
        return min(_emails(x, y) for x in a.split(" ") for y in b.split(" "))
    mine, _, my_host = a.partition("@")
    theirs, _, their_host = b.partition("@")
    slips = 2 if min(len(mine), len(theirs)) > 5 else 1
    if _osa(a, b, score_cutoff=slips) <= slips:
        return NEAR
    if mine == theirs:
        return PART
    # Two of one company have the same host: their mailboxes must be alike.
    alike = min(_ratio(mine, theirs), _ratio(my_host, their_host))
    return PART if alike >= 0.8 else LOOSE if alike >= 0.6 else DIFFER


def _phones(a: str, b: str) -> int:
    if a == b:
        return EXACT
    if " " in a or " " in b:
        return min(_phones(x, y) for x in a.split(" ") for y in b.split(" "))
    if len(a) != len(b) and (a.endswith(b) or b.endswith(a)):
        return EXACT
    return NEAR if _osa(a, b, score_cutoff=1) <= 1 else DIFFER


def _phrases(a: str, b: str) -> int:
    """Companies, streets, places: typing errors, other order, some words more or fewer."""
    if a == b:
        return EXACT
    alike = _ratio(a, b, score_cutoff=0.5)
    if alike >= 0.85:
        return NEAR
    if a.replace(" ", "") == b.replace(" ", ""):
        return NEAR
    if token_set_ratio(a, b) >= 90:
        return PART
    return LOOSE if alike >= 0.65 else DIFFER


def _codes(a: str, b: str) -> int:
    """House numbers and postcodes: one digit wrong, or the district alone."""
    if a == b:
        return EXACT
    if len(a) > 1 and len(b) > 1 and _osa(a, b, score_cutoff=1) <= 1:
        return NEAR
    return PART if min(len(a), len(b)) >= 5 and a[:3] == b[:3] else DIFFER


def _regions(a: str, b: str) -> int:
    if a == b:
        return EXACT
    return NEAR if min(len(a), len(b)) > 2 and _osa(a, b, score_cutoff=1) <= 1 else DIFFER


COMPARE = {
    FIRST: names, LAST: names, EMAIL: _emails, PHONE: _phones, COMPANY: _phrases,
    STREET: _phrases, PLACE: _phrases, NUMBER: _codes, CITY: names, POSTCODE: _codes,
    STATE: _regions, COUNTRY: _regions,
}  # fmt: skip
_IN_ORDER = [COMPARE[index] for index in range(len(FIELDS))]


def compare(a: Texts, b: Texts) -> tuple[Levels, bool]:
    """The level of each field, and whether first and last name agree better when swapped."""
    levels = [
        NOT_SAID if not x or not y else (EXACT if x == y else how(x, y))
        for x, y, how in zip(a, b, _IN_ORDER, strict=True)
    ]
    swapped = _swapped(a, b, levels)
    if levels[EMAIL] == NOT_SAID and NOT_SAID in (levels[FIRST], levels[LAST]):
        _by_mailbox(a, b, levels)
    elif NEAR <= levels[EMAIL] <= LOOSE:
        levels[EMAIL] = _beyond_names(a, b, levels)
    if levels[STREET] > PART:
        _cross(a, b, levels)
    return levels, swapped


def _beyond_names(a: Texts, b: Texts, levels: Levels) -> int:
    """What likeness of addresses says that the names have not said: pat.lee@… is Pat Lee's."""
    email = levels[EMAIL]
    if not (made_of_names(*a[:3]) and made_of_names(*b[:3])):
        return email
    apart = max(levels[FIRST], levels[LAST])
    if email == PART:
        alike = EXACT <= levels[FIRST] <= NEAR or EXACT <= levels[LAST] <= NEAR
        return DIFFER if alike else PART
    if apart <= EXACT:
        return email
    return DIFFER if apart == DIFFER else NOT_SAID


def could_be_swapped(a: Texts, b: Texts) -> bool:
    """Whether one's first name begins as the other's last."""
    return (a[FIRST] != "" and a[FIRST][:1] == b[LAST][:1]) or (
        a[LAST] != "" and a[LAST][:1] == b[FIRST][:1]
    )


def _swapped(a: Texts, b: Texts, levels: Levels) -> bool:
    """Whether the names stand in each other's column; then their levels are those of the swap."""
    if not could_be_swapped(a, b):
        return False
    if EXACT <= levels[FIRST] <= PART or EXACT <= levels[LAST] <= PART:
        return False
    first = names(a[FIRST], b[LAST]) if a[FIRST] and b[LAST] else NOT_SAID
    last = names(a[LAST], b[FIRST]) if a[LAST] and b[FIRST] else NOT_SAID
    said = [level for level in (first, last) if level != NOT_SAID]
    if not said or min(said) > NEAR or max(said) > LOOSE:
        return False
    levels[FIRST], levels[LAST] = first, last
    return True


def _by_mailbox(a: Texts, b: Texts, levels: Levels) -> None:
    """A name that one record lacks may be in its address, where the other has no address."""
    if a[EMAIL] and b[EMAIL]:
        return
    knows, other = (a, b) if a[EMAIL] else (b, a)
    if not knows[EMAIL]:
        return
    for index, told in zip((FIRST, LAST), names_in_mailbox(*knows[:3]), strict=True):
        if levels[index] == NOT_SAID and told and other[index]:
            levels[index] = PART if names(told, other[index]) <= PART else DIFFER


def _cross(a: Texts, b: Texts, levels: Levels) -> None:
    """Street and place may have changed columns."""
    for x, y in ((a[STREET], b[PLACE]), (a[PLACE], b[STREET])):
        if x and y and _phrases(x, y) <= NEAR:
            levels[STREET], levels[PLACE] = PART, NOT_SAID
            return
