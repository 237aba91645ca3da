"""The tree of conditions: read, bounded, and held against a slow reading of the same rows."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.lists import builder, conditions, periods
from leads.lists.choices import Choices
from leads.lists.conditions import Condition, Group, Unreadable
from leads.lists.fields import BUILT_IN
from leads.lists.kinds import OPS, Kind, Takes
from leads.lists.matching import matching
from leads.lists.values import Reader, Wrong, prepare
from leads.models import Lead
from tests.factories import ny

AT = ny("2027-02-17 22:30")  # a Wednesday; the next day by UTC
ZONE = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    "tree",
    [
        ["all"],
        ["any", ["score", "gte", "50"]],
        ["all", ["score", "gte", "50"], ["any", ["owner", "empty"], ["country", "in", "DE", "AT"]]],
    ],
)
def test_a_tree_comes_back_as_it_went(tree):
    read = conditions.of(tree)
    assert conditions.plain(read) == tree
    assert conditions.read(conditions.text(read)) in (read, conditions.EVERYTHING)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense", "[]", "{}", "1", '"all"', "null", '["score","gte","50"]', '["all",["score"]]',
        '["all",["score",["x"],"1"]]', '["all",[1,2,3]]', '["all",["score","gte",50]]', "[" * 5000,
        '["all",["all",["all",["all",["score","empty"]]]]]',
        '["all",["company","is","\\u0000"]]', '["all",["company","is","\\ud800"]]',
        json.dumps(["all", *[["score", "empty"]] * 31]),
        json.dumps(["all", ["country", "in", *["DE"] * 101]]),
        json.dumps(["all", ["company", "is", "x" * 201]]),
        json.dumps(["all", ["company", "is", "x" * 7000]]),
    ],
)  # fmt: skip
def test_what_is_no_tree_is_refused_in_words(text):
    with pytest.raises(Unreadable) as refused:
        conditions.read(text)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("name", "first", "end"),
    [
        ("today", (2027, 2, 17), (2027, 2, 18)),
        ("yesterday", (2027, 2, 16), (2027, 2, 17)),
        ("tomorrow", (2027, 2, 18), (2027, 2, 19)),
        ("this_week", (2027, 2, 15), (2027, 2, 22)),
        ("last_week", (2027, 2, 8), (2027, 2, 15)),
        ("next_week", (2027, 2, 22), (2027, 3, 1)),
        ("this_month", (2027, 2, 1), (2027, 3, 1)),
        ("last_month", (2027, 1, 1), (2027, 2, 1)),
        ("next_month", (2027, 3, 1), (2027, 4, 1)),
        ("this_quarter", (2027, 1, 1), (2027, 4, 1)),
        ("last_quarter", (2026, 10, 1), (2027, 1, 1)),
        ("this_year", (2027, 1, 1), (2028, 1, 1)),
        ("last_year", (2026, 1, 1), (2027, 1, 1)),
    ],
)
def test_periods_are_days_of_the_reader(name, first, end):
    assert periods.today(AT, ZONE) == date(2027, 2, 17)
    assert periods.period(name, periods.today(AT, ZONE)) == (date(*first), date(*end))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 400))
def test_the_last_days_and_what_is_longer_ago_leave_no_gap(day, count):
    assert periods.longer_ago(count, day) == (None, periods.last(count, day)[0])
    assert periods.last(count, day)[1] == day + timedelta(1)
    assert (periods.last(1, day), periods.following(1, day)) == (periods.period("today", day),) * 2
    for name in periods.PERIODS:
        first, end = periods.period(name, day)
        assert first < end


def test_a_day_of_the_reader_has_23_hours_in_spring():
    day = date(2027, 3, 14)
    begins, ends = (periods.begins(d, ZONE).astimezone(UTC) for d in (day, day + timedelta(1)))
    assert ends - begins == timedelta(hours=23)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (["size", "eq", "1"], "“size”"),
        (["score", "contains", "1"], "“contains”"),
        (["score", "gte", "many"], "“many”"),
        (["score", "gte", "1e99"], "“1e99”"),
        (["score", "gte", "nan"], "“nan”"),
        (["score", "gte"], "a value"),
        (["score", "between", "5"], "both values"),
        (["score", "between", "9", "1"], "swap"),
        (["created_at", "on", "31.3.2026"], "“31.3.2026”"),
        (["created_at", "on", "0001-01-01"], "1900"),
        (["created_at", "between", "2026-03-02", "2026-03-01"], "swap"),
        (["created_at", "last", "0"], "“0”"),
        (["created_at", "last", "9" * 9], "days"),
        (["created_at", "last", "٣"], "days"),
        (["created_at", "period", "soon"], "“soon”"),
        (["stage", "in"], "at least one"),
        (["stage", "in", "asleep"], "“asleep”"),
        (["owner", "in", "1; DROP TABLE"], "“1; DROP TABLE”"),
        (["owner", "in", "9" * 20], "choices"),
    ],
)
def test_a_wrong_condition_names_field_value_and_remedy(cast, condition, said):
    reader = Reader(Choices(cast.maya), AT, ZONE)
    with pytest.raises(Wrong) as refused:
        prepare(conditions.of(["all", condition]), BUILT_IN, reader)
    field = BUILT_IN.get(condition[0])
    assert said in str(refused.value)
    assert (field.label if field else condition[0]) in str(refused.value)
    assert str(refused.value).endswith(".")


# --- Against a slow reading of the same rows -----------------------------------------------------

TEXTS = ["", "Spa Hotel", "spa", "ÖSTBERG", "100%_", "it's", "a\\b"]
MIDNIGHT = datetime(2027, 2, 17, 5, tzinfo=UTC)
INSTANTS = [None, AT, AT - timedelta(days=1), AT - timedelta(days=8), AT + timedelta(days=3),
            MIDNIGHT, MIDNIGHT - timedelta(minutes=1)]  # fmt: skip
FIELDS = ["company", "job_title", "email", "score", "stage", "owner", "country", "created_at",
          "respond_by"]  # fmt: skip


@st.composite
def rows(draw):
    return [
        {
            "company": draw(st.sampled_from(TEXTS)),
            "job_title": draw(st.sampled_from(TEXTS)),
            "score": draw(st.integers(-3, 3)),
            "stage": draw(st.sampled_from(["inquiry", "mql", "customer"])),
            "country": draw(st.sampled_from(["", "DE", "US"])),
            "owner": draw(st.sampled_from([None, "sam", "sue"])),
            "created_at": draw(st.sampled_from(INSTANTS[1:])),
            "respond_by": draw(st.sampled_from(INSTANTS)),
            "email": draw(st.booleans()),
        }
        for _ in range(draw(st.integers(1, 6)))
    ]


@st.composite
def asked(draw):
    field = BUILT_IN[draw(st.sampled_from(FIELDS))]
    op = draw(st.sampled_from(OPS[field.kind]))
    if op.takes == Takes.NOTHING:
        values = []
    elif op.takes == Takes.PERIOD:
        values = [draw(st.sampled_from(list(periods.PERIODS)))]
    elif op.takes == Takes.DAYS:
        values = [str(draw(st.integers(1, 9)))]
    elif op.takes == Takes.SOME:
        several = {"stage": ["mql", "customer", "sql"], "country": ["DE", "AT"],
                   "owner": ["me", "SUE"]}  # fmt: skip
        values = draw(st.lists(st.sampled_from(several[field.name]), min_size=1, max_size=3))
    elif field.kind == Kind.NUMBER:
        count = 2 if op.takes == Takes.TWO else 1
        numbers = st.sampled_from(["-2", "0", "0.5", "1", "2.0", "99999999"])
        values = sorted(draw(st.lists(numbers, min_size=count, max_size=count)), key=float)
    elif field.kind == Kind.INSTANT:
        days = st.sampled_from(["2027-02-16", "2027-02-17", "2027-02-18", "2027-02-20"])
        count = 2 if op.takes == Takes.TWO else 1
        values = sorted(draw(st.lists(days, min_size=count, max_size=count)))
    else:
        values = [draw(st.sampled_from([text for text in TEXTS if text] + ["p1@", "x.example"]))]
    return [field.name, op.name, *values]


def grouped(parts):
    return st.tuples(st.sampled_from(["all", "any"]), parts, parts).map(list)


trees = grouped(asked() | grouped(asked() | grouped(asked())))


def slowly(tree, row, people) -> bool:
    """The same question, asked of one row in plain Python."""
    head, *rest = tree
    if head in ("all", "any"):
        return (all if head == "all" else any)(slowly(part, row, people) for part in rest)
    op, *values = rest
    have = row[head]
    if op in ("empty", "filled"):
        return (have in (None, "")) == (op == "empty")
    if isinstance(have, datetime) or head in ("created_at", "respond_by"):
        return have is not None and by_day(op, values, have.astimezone(ZONE).date())
    if head == "owner":
        wanted = {people[value] for value in values}
        return (people.get(have) in wanted) == (op == "in")
    if op in ("in", "not_in"):
        return (have in values) == (op == "in")
    if head == "score":
        numbers = [float(value) for value in values]
        return {
            "gte": have >= numbers[0], "lte": have <= numbers[0], "eq": have == numbers[0],
            "ne": have != numbers[0], "between": numbers[0] <= have <= numbers[-1],
        }[op]  # fmt: skip
    have, text = (have or "").casefold(), values[0].casefold()
    return {
        "is": have == text, "is_not": have != text, "contains": text in have,
        "lacks": text not in have, "starts": have.startswith(text),
    }[op]  # fmt: skip


def by_day(op, values, day) -> bool:
    today = AT.astimezone(ZONE).date()
    ago = (today - day).days
    if op in ("last", "next", "older"):
        count = int(values[0])
        return {"last": 0 <= ago < count, "next": 0 <= -ago < count, "older": ago >= count}[op]
    if op == "period":
        first, end = periods.period(values[0], today)
        return first <= day < end
    days = [date.fromisoformat(value) for value in values]
    return {
        "on": day == days[0], "before": day < days[0], "since": day >= days[0],
        "between": days[0] <= day <= days[-1],
    }[op]  # fmt: skip


@settings(max_examples=80)
@given(rows=rows(), tree=trees)
def test_the_database_finds_what_a_slow_reading_finds(cast, rows, tree):
    Lead.objects.all().delete()
    people = {None: None, "sam": cast.sam, "sue": cast.sue, "me": cast.sam, "SUE": cast.sue}
    for number, row in enumerate(rows):
        row["email"] = f"p{number}@x.example" if row["email"] else None
        Lead.objects.create(
            **{**row, "owner": people[row["owner"]]}, phone="+12125550100", team=cast.marketing,
            match_text=row["company"].casefold(), updated_at=AT, last_name=str(number),
        )  # fmt: skip
    reader = Reader(Choices(cast.sam), AT, ZONE)
    spelt = json.loads(json.dumps(tree).replace('"SUE"', f'"{cast.sue.pk}"'))
    tests = prepare(conditions.of(spelt), BUILT_IN, reader)
    found = Lead.objects.filter(matching(tests, reader)).values_list("last_name", flat=True)
    expected = [str(n) for n, row in enumerate(rows) if slowly(tree, row, people)]
    assert sorted(found) == expected


NUMBERS = ["-2", "0", "0.5", "1", "2.0", "99999999"]
DAYS = ["2027-02-16", "2027-02-17", "2027-02-18", "2027-02-20"]
SOME = {"stage": ["mql", "customer"], "country": ["DE", "AT"], "owner": ["me", "SUE"]}


def every_question():
    """Each test of each field, with each value on its own and in pairs."""
    for field in (BUILT_IN[name] for name in FIELDS):
        for op in OPS[field.kind]:
            one = {Kind.NUMBER: NUMBERS, Kind.INSTANT: DAYS}.get(
                field.kind, [text for text in TEXTS if text] + ["p1@"]
            )
            values = {
                Takes.NOTHING: [[]],
                Takes.PERIOD: [[name] for name in periods.PERIODS],
                Takes.DAYS: [["1"], ["2"], ["9"]],
                Takes.SOME: [[a] for a in SOME.get(field.name, [])] + [SOME.get(field.name, [])],
                Takes.ONE: [[value] for value in one],
                Takes.TWO: [list(pair) for pair in pairwise(one)],
            }[op.takes]
            yield from ([field.name, op.name, *each] for each in values)


def test_each_test_alone_finds_what_a_slow_reading_finds(cast):
    people = {None: None, "sam": cast.sam, "sue": cast.sue, "me": cast.sam, "SUE": cast.sue}
    rows = [
        {
            "company": TEXTS[n % len(TEXTS)], "job_title": TEXTS[-1 - n % len(TEXTS)],
            "score": n % 5 - 2, "stage": ["inquiry", "mql", "customer"][n % 3],
            "country": ["", "DE", "US"][n % 3], "owner": [None, "sam", "sue"][n % 3],
            "created_at": INSTANTS[1:][n % 6], "respond_by": INSTANTS[n % 7],
            "email": f"p{n}@x.example" if n % 4 else None,
        }
        for n in range(21)
    ]  # fmt: skip
    for number, row in enumerate(rows):
        Lead.objects.create(
            **{**row, "owner": people[row["owner"]]}, phone="+12125550100", team=cast.marketing,
            match_text=row["company"].casefold(), updated_at=AT, last_name=str(number),
        )  # fmt: skip
    reader, wrong = Reader(Choices(cast.sam), AT, ZONE), []
    for question in every_question():
        spelt = [str(cast.sue.pk) if text == "SUE" else text for text in question]
        tests = prepare(conditions.of(["all", spelt]), BUILT_IN, reader)
        found = Lead.objects.filter(matching(tests, reader)).values_list("last_name", flat=True)
        expected = {str(n) for n, row in enumerate(rows) if slowly(question, row, people)}
        if set(found) != expected:
            wrong.append((question, set(found) ^ expected))
    assert wrong == []


# --- The builder's form --------------------------------------------------------------------------


def test_moves_of_the_builder():
    group = Group()
    group = builder.moved(group, "add.")
    group = builder.moved(group, "group.")
    group = builder.moved(group, "add.1")
    assert conditions.plain(group) == [
        "all", ["score", "gte"], ["any", ["score", "gte"], ["score", "gte"]],
    ]  # fmt: skip
    assert conditions.plain(builder.moved(group, "drop.1.0")) == [
        "all", ["score", "gte"], ["any", ["score", "gte"]],
    ]  # fmt: skip
    assert conditions.plain(builder.moved(group, "drop.0"))[0:2] == [
        "all", ["any", ["score", "gte"], ["score", "gte"]],
    ]  # fmt: skip
    for nonsense in (
        "",
        "drop",
        "drop.9",
        "drop.x",
        "add.0",
        "add.0.0.0.0.0",
        "fly.1",
        "group.1.1.1",
    ):
        assert builder.moved(group, nonsense) == group


def test_another_field_gets_a_test_of_its_kind():
    group = Group("all", (Condition("company", "gte", ("50",)), Condition("gone", "gte", ("1",))))
    assert builder.fitting(group, BUILT_IN).parts == (
        Condition("company", "contains"), Condition("gone", "gte", ("1",)),
    )  # fmt: skip
