"""The monthly promises in words."""

from collections.abc import Iterator, Mapping, Sequence

from sla.models import MonthlyPromise

# What holds of all of them.
RULES = (
    "A lead counts in the month in which it is handed over, whatever sales does with it when; a "
    "handoff that was withdrawn before an answer does not count, nor one that both sides agreed "
    "to leave out.",
    "A return that marketing disputes counts as rejected until a manager of each side have ruled "
    "on it together; ruled that sales should have taken it, the handoff counts as accepted.",
    "Of a month that a version covers in part, a number of leads is owed in proportion to its "
    "working time.",
)


def facts(promise: MonthlyPromise) -> dict[str, str]:
    """All that is promised, a fact each; two versions are compared by these."""
    return {
        "Name": promise.name,
        "A month": promise.target_words,
        "Counted": promise.for_words.rstrip("."),
    }


def changed(before: Sequence[MonthlyPromise], after: Sequence[MonthlyPromise]) -> list[str]:
    """What one version promises a month that another does not, a line each."""
    old = {promise.key: facts(promise) for promise in before}
    new = {promise.key: facts(promise) for promise in after}
    said = [f"New: {f['Name']}: {f['A month']} a month." for k, f in new.items() if k not in old]
    said += [f"No longer promised: {f['Name']}." for k, f in old.items() if k not in new]
    for key, now in new.items():
        said += list(_changed(old[key], now)) if key in old else []
    return said


def _changed(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for what, said in now.items():
        if was[what] != said:
            yield f"{now['Name']}: {what[0].lower()}{what[1:]}: {was[what]} → {said}."
