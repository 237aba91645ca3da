"""What one version of the contract changes of another, in words."""

from collections.abc import Iterable, Sequence

from sla import monthly_words, reading
from sla.models import Contract, Side, Term


def differences(
    was: Contract, before: Sequence[Term], now: Contract, after: Sequence[Term]
) -> list[str]:
    """A line a change; promises are known by their keys, which they keep through the versions."""
    said = []
    if was.name != now.name:
        said.append(f"The contract is called “{now.name}”, not “{was.name}” any more.")
    if was.hop_limit != now.hop_limit:
        said.append(f"Passed on at most: {was.hop_limit} → {now.hop_limit} times.")
    monthly = monthly_words.changed(
        sorted(was.monthly.all(), key=lambda p: p.pk), sorted(now.monthly.all(), key=lambda p: p.pk)
    )
    return [*said, *changed_promises(before, after), *monthly]


def changed_promises(before: Sequence[Term], after: Sequence[Term]) -> list[str]:
    """New promises, those that are gone, those that say something else, and another order."""
    old, new = _facts(before), _facts(after)
    said = [
        f"New: {facts['Name']}, within {facts['Within']}."
        for key, facts in new.items()
        if key not in old
    ]
    said += [
        f"No longer promised: {facts['Name']}." for key, facts in old.items() if key not in new
    ]
    for key, facts in new.items():
        if key in old:
            said += changed_facts(old[key], facts)
    return [*said, *_another_order(before, after)]


def changed_facts(was: dict[str, str], now: dict[str, str]) -> list[str]:
    """What one promise says now that it did not: "Accept: within 15 working minutes → …"."""
    return [
        f"{now['Name']}: {what[0].lower()}{what[1:]}: {was[what]} → {said}."
        for what, said in now.items()
        if was[what] != said
    ]


def _facts(terms: Sequence[Term]) -> dict[str, dict[str, str]]:
    promises = (promise for side in Side for promise in reading.promises(tuple(terms), side))
    return {promise.term.key: reading.promise_facts(promise) for promise in promises}


def _another_order(before: Sequence[Term], after: Sequence[Term]) -> Iterable[str]:
    """Which is tried first matters among promises of one kind."""
    for measure in dict.fromkeys(term.measure for term in after):
        old = [term.key for term in before if term.measure == measure]
        new = [term for term in after if term.measure == measure and term.key in old]
        if [term.key for term in new] != [key for key in old if key in {t.key for t in new}]:
            yield f"Tried in another order: {', then '.join(term.name for term in new)}."


def never_reached(terms: Sequence[Term]) -> list[tuple[Term, Term]]:
    """Promises that fit no lead, since one tried before them fits each of theirs; with that one."""
    found = []
    for n, term in enumerate(terms):
        for earlier in terms[:n]:
            same = (earlier.measure, earlier.starts_on) == (term.measure, term.starts_on)
            if same and _covers(earlier, term):
                found.append((term, earlier))
                break
    return found


def _covers(earlier: Term, term: Term) -> bool:
    pairs = (
        (earlier.tiers, term.tiers), (earlier.personas, term.personas),
        (earlier.sources, term.sources),
    )  # fmt: skip
    return all(not wide or (narrow and set(narrow) <= set(wide)) for wide, narrow in pairs)
