"""Notifications, profile, leave and keys: one's own only, by every role, with the right method."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.instants import database_now
from accounts.models import Absence, ApiKey, AuditEntry, Notification, User

READ = ["notifications", "bell", "profile", "api-keys"]
POST_ONLY = [
    ("notifications-read", []),
    ("quiet-hours", []),
    ("notification-open", [1]),
    ("person-leave", [1]),
    ("api-key-revoke", [1]),
]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make_notification(user: User, title: str = "Pat Lee is yours", **more) -> Notification:
    more.setdefault("created_at", database_now())
    return Notification.objects.create(
        user=user, delivery_id=uuid.uuid4(), kind="handed_over", title=title, **more
    )


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("person", ["maya", "mona", "sam", "dana", "admin", "outsider"])
def test_every_role_has_its_own_pages(cast, person, name):
    assert signed_in(getattr(cast, person)).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", READ)
def test_a_stranger_signs_in_and_comes_back(db, name):
    url = reverse(name)
    answer = Client().get(url)
    assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next={url}")


@pytest.mark.parametrize(("name", "args"), POST_ONLY)
@pytest.mark.parametrize(
    ("page", "back"),
    [
        ("http://testserver/profile/?a=b#leave", "/profile/%3Fa%3Db"),
        ("https://elsewhere.example/profile/", "/"),
        ("", "/"),
    ],
)
def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(db, name, args, page, back):
    answer = Client().post(reverse(name, args=args), headers={"referer": page})
    assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next={back}")


@pytest.mark.parametrize(("name", "args"), POST_ONLY)
def test_what_changes_something_is_not_done_by_a_link(cast, name, args):
    assert signed_in(cast.sam).get(reverse(name, args=args)).status_code == 405


def test_the_list_of_notifications_takes_no_post(cast):
    assert signed_in(cast.sam).post(reverse("notifications")).status_code == 405


# --- Notifications -------------------------------------------------------------------------------


def test_the_bell_counts_ones_own_unread(cast):
    make_notification(cast.sam)
    make_notification(cast.sam, read_at=database_now())
    make_notification(cast.sue)
    answer = signed_in(cast.sam).get(reverse("profile"))
    assert answer.context["unread_notifications"] == 1
    assert 'aria-label="Notifications: 1 unread"' in answer.content.decode()


def test_the_bell_asked_again_answers_only_when_its_count_changed(cast):
    make_notification(cast.sam)
    client, url = signed_in(cast.sam), reverse("bell")
    etag = client.get(url)["ETag"]
    again = {"if-none-match": etag}
    assert client.get(url, headers=again).status_code == 304
    make_notification(cast.sue)
    assert client.get(url, headers=again).status_code == 304
    make_notification(cast.sam)
    assert client.get(url, headers=again).status_code == 200


def test_the_list_shows_ones_own_newest_first(cast):
    make_notification(cast.sam, "Older")
    make_notification(cast.sam, "Newer")
    make_notification(cast.sue, "Sue's")
    answer = signed_in(cast.sam).get(reverse("notifications"))
    assert [line.title for line in answer.context["notifications"]] == ["Newer", "Older"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_line_and_three(cast, django_assert_num_queries, count):
    for _ in range(count):
        make_notification(cast.sam)
    client = signed_in(cast.sam)
    # Session, user, lines, the instant, memberships for the role, the bell's count.
    with django_assert_num_queries(6):
        client.get(reverse("notifications"))


def test_the_list_pages_by_cursor(cast):
    for number in range(51):
        make_notification(cast.sam, f"Line {number}")
    client, url = signed_in(cast.sam), reverse("notifications")
    first = client.get(url)
    second = client.get(url, {"cursor": first.context["next_cursor"]})
    assert [line.title for line in second.context["notifications"]] == ["Line 0"]
    assert second.context["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["", "x", "-1", "²", "9" * 40])
def test_a_nonsense_cursor_starts_at_the_top(cast, cursor):
    make_notification(cast.sam)
    answer = signed_in(cast.sam).get(reverse("notifications"), {"cursor": cursor})
    assert len(answer.context["notifications"]) == 1


def test_opening_a_line_marks_it_read_and_leads_on(cast):
    line = make_notification(cast.sam, url="/leads/7/")
    answer = signed_in(cast.sam).post(reverse("notification-open", args=[line.pk]))
    assert (answer.status_code, answer.url) == (302, "/leads/7/")
    assert list(cast.sam.notifications.unread()) == []


def test_opening_a_line_again_keeps_the_first_instant(cast):
    line = make_notification(cast.sam)
    client, url = signed_in(cast.sam), reverse("notification-open", args=[line.pk])
    client.post(url)
    first = Notification.objects.get().read_at
    client.post(url)
    assert Notification.objects.get().read_at == first


@pytest.mark.parametrize(
    "url", ["", "https://elsewhere.example/", "//elsewhere.example", "javascript:1"]
)
def test_a_line_never_leads_off_the_site(cast, url):
    line = make_notification(cast.sam, url=url)
    answer = signed_in(cast.sam).post(reverse("notification-open", args=[line.pk]))
    assert answer.url == reverse("notifications")


def test_somebody_elses_line_is_not_there(cast):
    line = make_notification(cast.sue)
    answer = signed_in(cast.sam).post(reverse("notification-open", args=[line.pk]))
    assert answer.status_code == 404
    assert Notification.objects.get().read_at is None


def test_mark_all_read_touches_ones_own_only(cast):
    make_notification(cast.sam)
    make_notification(cast.sue)
    signed_in(cast.sam).post(reverse("notifications-read"))
    assert [line.user for line in Notification.objects.unread()] == [cast.sue]


# --- Profile -------------------------------------------------------------------------------------


def test_name_and_zone_are_saved(cast):
    data = {"name": "Sam Okafor", "time_zone": "Europe/London"}
    assert signed_in(cast.sam).post(reverse("profile"), data).status_code == 302
    cast.sam.refresh_from_db()
    assert (cast.sam.name, cast.sam.time_zone) == ("Sam Okafor", "Europe/London")


def test_a_wrong_zone_is_refused_and_what_was_typed_stays(cast):
    data = {"name": "New Name", "time_zone": "Mars/Olympus"}
    answer = signed_in(cast.sam).post(reverse("profile"), data)
    assert list(answer.context["form"].errors) == ["time_zone"]
    assert answer.context["form"]["name"].value() == "New Name"
    # The frame still shows who is signed in, not what could not be saved.
    assert str(answer.context["request"].user) == "Sam"


def test_the_profile_changes_neither_role_nor_address(cast):
    data = {"name": "Sam", "time_zone": "UTC", "is_staff": "on", "email": "boss@demo.test"}
    signed_in(cast.sam).post(reverse("profile"), data)
    cast.sam.refresh_from_db()
    assert (cast.sam.is_staff, cast.sam.email) == (False, "sam@demo.test")


def test_a_zone_outside_the_list_is_kept(cast):
    User.objects.filter(pk=cast.sam.pk).update(time_zone="EST5EDT")
    answer = signed_in(cast.sam).post(reverse("profile"), {"name": "Sam", "time_zone": "EST5EDT"})
    assert answer.status_code == 302


# --- Leave ---------------------------------------------------------------------------------------


def next_year(month: int, day: int) -> str:
    return f"{database_now().year + 1}-{month:02}-{day:02}"


def leave_of(user: User) -> str:
    return reverse("person-leave", args=[user.pk])


def test_leave_runs_from_midnight_to_midnight_where_the_person_is(cast):
    """A week over the start of summer time in New York: 7 days, 167 hours."""
    year = database_now().year + 1
    march = [datetime(year, 3, day, tzinfo=UTC).date() for day in range(8, 15)]
    sunday = next(day for day in march if day.weekday() == 6)  # clocks change on the second Sunday
    data = {"first": sunday - timedelta(3), "last": sunday + timedelta(3), "note": "Skiing"}
    signed_in(cast.sam).post(leave_of(cast.sam), data)
    absence = Absence.objects.get()
    first = datetime.combine(sunday - timedelta(3), datetime.min.time(), UTC)
    assert absence.starts_at == first + timedelta(hours=5)
    assert absence.ends_at - absence.starts_at == timedelta(hours=167)
    assert (absence.user, absence.note) == (cast.sam, "Skiing")


@pytest.mark.parametrize(
    ("first", "last", "wrong"),
    [
        ("next week", "", "first"),
        ("2020-01-01", "2020-01-05", "last"),
        ("3000-01-01", "3000-01-05", "last"),
    ],
)
def test_leave_that_cannot_be_is_refused_where_it_is_wrong(cast, first, last, wrong):
    answer = signed_in(cast.sam).post(leave_of(cast.sam), {"first": first, "last": last})
    assert answer.status_code == 422
    assert wrong in answer.context["form"].errors
    assert Absence.objects.count() == 0


def test_leave_that_ends_before_it_starts_names_both_days(cast):
    data = {"first": next_year(5, 9), "last": next_year(5, 2)}
    answer = signed_in(cast.sam).post(leave_of(cast.sam), data)
    assert answer.context["form"].errors["last"] == [
        f"{data['last']} is before the first day, {data['first']}; pick a later day."
    ]


def test_leave_is_taken_back_by_its_person_only(cast):
    at = database_now()
    absence = Absence.objects.create(user=cast.sue, starts_at=at, ends_at=at + timedelta(1))
    url, data = leave_of(cast.sue), {"remove": absence.pk}
    assert signed_in(cast.sam).post(url, data).status_code == 404
    assert signed_in(cast.sam).post(leave_of(cast.sam), data).status_code == 404
    assert signed_in(cast.sue).post(url, data).status_code == 302
    assert Absence.objects.count() == 0


# --- Keys ----------------------------------------------------------------------------------------


def test_a_new_key_works_and_is_shown_once(cast):
    client, url = signed_in(cast.sam), reverse("api-keys")
    answer = client.post(url, {"label": "Website", "scope": "capture"})
    text, key = answer.context["text"], ApiKey.objects.get()
    assert ApiKey.objects.for_text(text) == key
    assert (key.user, key.label, key.scope) == (cast.sam, "Website", "capture")
    assert answer["Cache-Control"] == "no-store"
    assert text not in client.get(url).content.decode()


@pytest.mark.parametrize(
    "data", [{}, {"label": "", "scope": "full"}, {"label": "a", "scope": "root"}]
)
def test_a_key_without_name_or_with_a_wrong_scope_is_not_made(cast, data):
    answer = signed_in(cast.sam).post(reverse("api-keys"), data)
    assert (answer.status_code, answer.context["text"]) == (200, "")
    assert ApiKey.objects.count() == 0


def test_a_key_is_ended_by_its_person_only(cast):
    key, text = ApiKey.objects.issue(cast.sue, scope="full")
    url = reverse("api-key-revoke", args=[key.pk])
    assert signed_in(cast.admin).post(url).status_code == 404
    assert ApiKey.objects.for_text(text) == key
    assert signed_in(cast.sue).post(url).status_code == 302
    assert ApiKey.objects.for_text(text) is None


def test_the_list_shows_ones_own_keys_only(cast):
    mine, _ = ApiKey.objects.issue(cast.sam, scope="full", label="Mine")
    ApiKey.objects.issue(cast.sue, scope="full", label="Hers")
    assert list(signed_in(cast.sam).get(reverse("api-keys")).context["keys"]) == [mine]


def test_keys_leave_a_trace(cast):
    client = signed_in(cast.sam)
    client.post(reverse("api-keys"), {"label": "Website", "scope": "capture"})
    client.post(reverse("api-key-revoke", args=[ApiKey.objects.get().pk]))
    entries = AuditEntry.objects.filter(subject="accounts.apikey").order_by("id")
    assert [(entry.verb, entry.actor) for entry in entries] == [
        ("key_issued", cast.sam),
        ("key_revoked", cast.sam),
    ]
