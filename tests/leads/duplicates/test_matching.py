"""The matcher by itself: what agreement is worth, and what it does with a made-up file."""

import pytest

from leads.duplicates import agreement, blocking
from leads.duplicates.agreement import DIFFER, EXACT, LOOSE, NEAR, NOT_SAID, PART
from leads.duplicates.evidence import THRESHOLD, Model
from leads.duplicates.finding import find_pairs, learn
from leads.duplicates.judging import Against
from leads.duplicates.learning import count
from leads.duplicates.records import EMAIL, FIRST, LAST, PHONE, STREET, Records, texts
from tests.leads.duplicates import made_up


def chance(a: dict[str, str], b: dict[str, str], *, others: list[dict[str, str]] = ()) -> float:
    """The chance among so many other records, with nothing learnt but how rare values are."""
    records = Records(map(texts, [a, b, *others]))
    model = Model(len(records))
    count(model, records)
    return model.chance(texts(a), texts(b))


CROWD = [
    {"first": first, "last": last, "email": f"{first}{number}@x{number}.example"}
    for number, (first, last) in enumerate(
        [("Ann", "Smith")] * 60 + [("Bob", "Smith")] * 60 + [("Cyd", "Jones")] * 60
    )
]


@pytest.mark.parametrize(
    ("a", "b", "level"),
    [
        ("john", "john", EXACT), ("jonathan", "jonahtan", NEAR), ("mary ann", "maryann", NEAR),
        ("j", "john", PART), ("robert", "bob", PART), ("ann", "mary ann", PART),
        ("dwayne", "duane", LOOSE), ("peter", "susan", DIFFER),
    ],
)  # fmt: skip
def test_names_agree_in_degrees(a, b, level):
    assert (agreement.names(a, b), agreement.names(b, a)) == (level, level)


@pytest.mark.parametrize(
    ("field", "a", "b", "level"),
    [
        (EMAIL, "pat.lee@spa.example", "pat.lee@spa.example", EXACT),
        (EMAIL, "xy.zwick@spa.example", "xy.zwikc@spa.example", NEAR),
        (EMAIL, "contact77@spa.example", "contact77@other.test", PART),
        (EMAIL, "a.berg@spa.example", "z.stone@spa.example", DIFFER),
        (EMAIL, "a@x.example b@x.example", "b@x.example", EXACT),
        (PHONE, "+49 30 1234567", "030 1234567", EXACT),
        (PHONE, "+1 212 555 0123", "+1 212 555 0132", NEAR),
        (PHONE, "212 555 0123|212 555 9999", "212-555-9999", EXACT),
        (STREET, "7 Wallaby Pl", "7 wallaby place", EXACT),
        (STREET, "7 Pridham Street", "7 pridhamstreet", NEAR),
        (STREET, "", "7 pridhamstreet", NOT_SAID),
    ],
)
def test_fields_agree_in_degrees(field, a, b, level):
    name = {EMAIL: "email", PHONE: "phone", STREET: "street"}[field]
    levels, _ = agreement.compare(texts({name: a}), texts({name: b}))
    assert levels[field] == level


def test_first_and_last_name_may_be_swapped():
    levels, swapped = agreement.compare(
        texts({"first": "Lee", "last": "Patricia"}), texts({"first": "Patricia", "last": "Lee"})
    )
    assert (levels[FIRST], levels[LAST], swapped) == (EXACT, EXACT, True)


def test_an_address_made_of_the_names_says_nothing_that_they_have_not_said():
    a = texts({"first": "Pat", "last": "Smith", "email": "pat.smith@spa.example"})
    b = texts({"first": "Pat", "last": "Smith", "email": "pat.smith@other.test"})
    assert agreement.compare(a, b)[0][EMAIL] == DIFFER


def test_a_name_that_is_missing_is_read_from_the_address():
    a = texts({"first": "Jessica", "email": "jessica.owen@x.example"})
    b = texts({"first": "Jessica", "last": "Owen"})
    c = texts({"first": "Jessica", "last": "Miller"})
    found = [agreement.compare(a, other)[0][LAST] for other in (b, c)]
    assert found == [PART, DIFFER]


def test_a_rare_name_says_more_than_a_common_one():
    rare, common = {"first": "Zoltan", "last": "Quixley"}, {"first": "Ann", "last": "Smith"}
    odds = [chance(who, who, others=CROWD) for who in (rare, common)]
    assert odds[0] > THRESHOLD > odds[1]


def test_what_is_missing_says_nothing():
    who = {"first": "Zoltan", "last": "Quixley", "phone": "212 555 0123"}
    without = {"first": "Zoltan", "last": "Quixley"}
    other_phone = {**who, "phone": "617 333 9876"}
    said, missing, against = (
        chance(who, other, others=CROWD) for other in (who, without, other_phone)
    )
    assert said > missing > against


@pytest.mark.parametrize("shared", ["home", "office"])
def test_people_who_share_a_home_or_an_office_are_two(shared):
    place = {"phone": "212 555 0123", "street": "7 Mill Street", "city": "Easton"}
    if shared == "home":
        a, b = {"first": "Gerda", "last": "Quixley"}, {"first": "Hugo", "last": "Quixley"}
    else:
        place["company"] = "Tiberg Ltd"
        a, b = {"first": "Gerda", "last": "Quixley"}, {"first": "Hugo", "last": "Vandermeer"}
    assert chance({**a, **place}, {**b, **place}, others=CROWD) < THRESHOLD
    assert chance({**a, **place}, {**a, **place}, others=CROWD) > THRESHOLD


@pytest.mark.parametrize(("people", "least"), [(40, 0.95), (200, 0.93), (1000, 0.94)])
def test_a_made_up_file_is_judged_well_at_any_size(people, least):
    records, truth = made_up.records(people)
    found = find_pairs(records)
    pairs = {(pair.a, pair.b) for pair in found.pairs}
    assert made_up.f1(pairs, truth) >= least
    rows, _ = made_up.rows(people)
    by_address = {
        (a, b)
        for a in range(len(rows))
        for b in range(a + 1, len(rows))
        if rows[a]["email"] and rows[a]["email"] == rows[b]["email"]
    }
    assert made_up.f1(pairs, truth) > made_up.f1(by_address, truth)


def test_pairs_come_best_first_each_once_and_at_or_above_the_threshold():
    pairs = find_pairs(made_up.records(300)[0]).pairs
    assert pairs == sorted(pairs, key=lambda pair: (-pair.score, pair.a, pair.b))
    assert len({(pair.a, pair.b) for pair in pairs}) == len(pairs)
    assert all(pair.a < pair.b and THRESHOLD <= pair.score <= 1 for pair in pairs)


def test_giving_up_early_changes_no_answer():
    records, _ = made_up.records(150)
    model = learn(records, blocking.build(records))
    hopeful = 0
    for row, record in enumerate(records):
        against = Against(model, record)
        for other in range(row + 1, len(records)):
            whole = model.chance(record, records[other])
            assert against.chance(records[other]) == (whole if whole >= THRESHOLD else 0.0)
            hopeful += whole >= THRESHOLD
    assert hopeful > 30


def test_blocking_keeps_nearly_every_true_pair():
    records, truth = made_up.records(1000)
    blocks = blocking.build(records)
    kept = sum(1 for a, b in truth if b in blocks.candidates(a))
    assert kept / len(truth) > 0.98


def test_a_block_too_large_is_cut_to_neighbours_and_not_left_out():
    size = 20_000
    everyone = [{"first": f"N{n:05}", "last": "Smith"} for n in range(size)]
    twins = [{"first": "Zyx", "last": "Smith"}] * 2
    records = Records(map(texts, [*everyone, *twins]))
    blocks = blocking.build(records)
    assert blocks.cut > 0
    assert size + 1 in blocks.candidates(size)
    looked_at = sum(len(blocks.candidates(row)) for row in range(0, size, 100)) / (size / 100)
    assert looked_at < 100


def test_nothing_and_one_record_have_no_pairs():
    assert find_pairs(Records()).pairs == []
    assert find_pairs(Records([texts({"email": "a@x.example"})])).pairs == []


def test_a_file_of_companies_alone_is_judged_too():
    names = [f"{made_up.STREETS[n % 10]} {made_up.SYLLABLES[n % 18]}house Ltd" for n in range(90)]
    once = [
        {"company": name, "street": f"{n + 1} Mill Street", "phone": f"030 {5550000 + 37 * n}"}
        for n, name in enumerate(names)
    ]
    twice = [{**row, "company": row["company"].replace("ouse Ltd", "uose")} for row in once[::6]]
    found = find_pairs(Records(map(texts, [*once, *twice]))).pairs
    truth = {(n, len(once) + place) for place, n in enumerate(range(0, 90, 6))}
    assert {(pair.a, pair.b) for pair in found} == truth


def test_a_file_without_duplicates_proposes_hardly_a_pair():
    """Learning must not settle on what many people share: here a first name, and a mailbox."""
    firsts = made_up.FIRST
    lasts = [f"{a}{b}".title() for a in made_up.SYLLABLES for b in made_up.SYLLABLES[::3]]
    people = [
        {"first": first, "last": last, "email": f"{first}@{last}-{number}.example".lower()}
        for number, last in enumerate(lasts)
        for first in firsts[number % 5 :: 5]
    ]
    found = find_pairs(Records(map(texts, people)))
    assert len(people) > 900
    assert len(found.pairs) < len(people) / 100
    assert found.model.one[LAST][DIFFER] < 0.1
