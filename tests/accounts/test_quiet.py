"""Quiet hours: the bell rings, the e-mail waits for their end and is one; no deadline waits."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts import outbox
from accounts.models import OutboxMessage, User
from accounts.quiet import quiet_until
from sla.models import Breach
from sla.sweep import sweep
from tests.factories import ny

NIGHT, MORNING = ny("2027-01-14 23:00"), ny("2027-01-15 07:00")


def person(zone="America/New_York", start="22:00", end="07:00", *, weekends=False) -> User:
    return User(
        time_zone=zone,
        quiet_from=time.fromisoformat(start) if start else None,
        quiet_to=time.fromisoformat(end) if end else None,
        quiet_weekends=weekends,
    )


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2027-01-14 21:59:59", None),
        ("2027-01-14 22:00", "2027-01-15 07:00"),
        ("2027-01-15 06:59:59", "2027-01-15 07:00"),
        ("2027-01-15 07:00", None),
    ],
)
def test_a_quiet_night_ends_in_the_morning(at, until):
    assert quiet_until(person(), ny(at)) == (ny(until) if until else None)


def test_a_quiet_noon_is_of_one_day():
    noon = person(start="12:00", end="13:00")
    assert quiet_until(noon, ny("2027-01-14 12:30")) == ny("2027-01-14 13:00")
    assert quiet_until(noon, ny("2027-01-14 23:30")) is None


def test_nobody_who_has_set_nothing_is_quiet():
    assert quiet_until(person(start="", end=""), NIGHT) is None


@pytest.mark.parametrize("at", ["2027-01-15 22:30", "2027-01-16 12:00", "2027-01-17 23:59"])
def test_a_quiet_weekend_and_the_nights_around_it_are_one(at):
    """From Friday night to Monday morning."""
    assert quiet_until(person(weekends=True), ny(at)) == ny("2027-01-18 07:00")


def test_a_quiet_weekend_alone_ends_at_midnight():
    alone = person(start="", end="", weekends=True)
    assert quiet_until(alone, ny("2027-01-16 00:00")) == ny("2027-01-18 00:00")
    assert quiet_until(alone, ny("2027-01-15 23:59")) is None


def test_the_hours_are_of_the_persons_own_zone():
    tokyo = person("Asia/Tokyo")
    assert quiet_until(tokyo, datetime(2027, 1, 14, 14, tzinfo=UTC)) == datetime(
        2027, 1, 14, 22, tzinfo=UTC
    )


def test_the_night_the_clocks_go_forward_ends_by_the_new_clock():
    """2027-03-14: 07:00 is EDT, an hour earlier than by Saturday's clock."""
    assert quiet_until(person(), ny("2027-03-13 23:00")) == datetime(2027, 3, 14, 11, tzinfo=UTC)


@given(
    st.integers(0, 2 * 365 * 24 * 60),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    st.booleans(),
    st.sampled_from(["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
)
def test_the_end_is_the_first_minute_that_is_not_quiet(minute, start, end, weekends, zone):
    """Held against asking of every minute whether it is quiet; nights of changing clocks apart."""
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    if start == end:
        return
    someone = person(zone, f"{start:%H:%M}", f"{end:%H:%M}", weekends=weekends)

    def quiet(instant: datetime) -> bool:
        local = instant.astimezone(ZoneInfo(zone))
        now = local.time()
        night = start <= now < end if start < end else now >= start or now < end
        return night or (weekends and local.weekday() >= 5)

    found = at
    while quiet(found):
        found += timedelta(minutes=1)
    offsets = {t.astimezone(ZoneInfo(zone)).utcoffset() for t in (at, found)}
    if len(offsets) == 1:
        assert quiet_until(someone, at) == (found if found > at else None)


def hush(user: User) -> None:
    user.quiet_from, user.quiet_to = time(22), time(7)
    user.save()


def write(user, *titles, at=NIGHT):
    outbox.send([outbox.message(user.pk, "test", title, "", "/", at=at) for title in titles])


def test_the_bell_rings_at_once_and_one_digest_comes_in_the_morning(cast, mailoutbox):
    hush(cast.sam)
    for n in range(5):  # each seen by a relay of its own
        at = NIGHT + timedelta(minutes=n)
        write(cast.sam, f"Thing {n}", at=at)
        outbox.relay(at=at)
    assert (cast.sam.notifications.count(), len(mailoutbox)) == (5, 0)
    assert outbox.relay(at=MORNING - timedelta(seconds=1)) == 0

    assert outbox.relay(at=MORNING) == 5
    (letter,) = mailoutbox
    assert letter.subject == "5 things need you in leadflow"
    assert cast.sam.notifications.count() == 5
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {1}


def test_others_get_theirs_at_night(cast, mailoutbox):
    hush(cast.sam)
    write(cast.sam, "Sam's")
    write(cast.sue, "Sue's")
    outbox.relay(at=NIGHT)
    assert [mail.to for mail in mailoutbox] == [["sue@demo.test"]]


def test_one_digest_each_when_the_morning_brings_more_than_a_batch(cast, mailoutbox):
    people = [cast.sam, cast.sue, cast.dana]
    for user in people:
        hush(user)
    for n in range(4):
        for user in people:
            write(user, f"Thing {n}")
    outbox.relay(at=NIGHT)
    while outbox.relay(at=MORNING, batch=4):
        pass
    assert sorted(mail.to[0] for mail in mailoutbox) == sorted(user.email for user in people)


def test_what_may_have_been_sent_keeps_its_envelope_through_the_night(cast, mailoutbox):
    """Killed between claim and mark in the evening: whatever became of it, the same Message-ID."""
    write(cast.sam, "One", at=NIGHT)
    (claimed,) = outbox._claim(at=NIGHT, batch=10)  # and here the relay was killed
    hush(cast.sam)
    outbox.relay(at=NIGHT + outbox.CLAIM)
    outbox.relay(at=MORNING)
    (letter,) = mailoutbox
    assert str(claimed) in letter.extra_headers["Message-ID"]


def test_the_breach_does_not_wait(cast, mailoutbox):
    cast.pool.members.exclude(user=cast.sam).delete()
    cast.sam.quiet_from, cast.sam.quiet_to = time(9), time(12)
    cast.sam.save()
    cast.hot_lead(at=ny("2027-01-15 10:00"))
    late = ny("2027-01-15 10:20")
    sweep(at=late)
    outbox.relay(at=late)
    assert Breach.objects.get().noticed_at == late
    assert cast.sam.notifications.filter(kind="breach").count() == 1
    assert "sam@demo.test" not in [mail.to[0] for mail in mailoutbox]


# On the profile.


@pytest.fixture
def sam(cast) -> Client:
    client = Client()
    client.force_login(cast.sam)
    return client


def test_they_are_set_on_the_profile_and_taken_back(cast, sam):
    url = reverse("quiet-hours")
    sam.post(url, {"quiet_from": "20:30", "quiet_to": "07:00", "quiet_weekends": "on"})
    cast.sam.refresh_from_db()
    assert (cast.sam.quiet_from, cast.sam.quiet_to, cast.sam.quiet_weekends) == (
        time(20, 30), time(7), True,
    )  # fmt: skip
    assert 'value="20:30"' in sam.get(reverse("profile")).content.decode()
    sam.post(url, {"quiet_from": "", "quiet_to": ""})
    cast.sam.refresh_from_db()
    assert (cast.sam.quiet_from, cast.sam.quiet_weekends) == (None, False)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("20:00", "", "Give both times, or neither"),
        ("", "07:00", "Give both times, or neither"),
        ("20:00", "20:00", "20:00 is when it begins; give another end."),
        ("25:00", "07:00", "Enter a valid time."),
    ],
)
def test_what_makes_no_sense_is_said_and_kept(cast, sam, start, end, said):
    answer = sam.post(reverse("quiet-hours"), {"quiet_from": start, "quiet_to": end})
    page = answer.content.decode()
    assert (answer.status_code, said in page) == (422, True)
    assert all(f'value="{value}"' in page for value in (start, end) if value)
    cast.sam.refresh_from_db()
    assert cast.sam.quiet_from is None
