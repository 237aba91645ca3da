"""Two browsers accept the same lead at the same moment, again and again: one has it, and the other
is told who."""

import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from django.test import Client

from accounts.instants import database_now
from accounts.models import ApiKey
from leads.models import Assignment, Handoff, Pool
from leads.qualification import back_to_pool
from leads.routing import pools

ROUNDS = 200
TOKEN = "t" * 32


class Caller:
    """Somebody with a connection kept open, who accepts."""

    def __init__(self, user, url: str) -> None:
        self.name, self.connection = user.name, HTTPConnection(urlsplit(url).netloc)

    def post(self, path: str, body: str, headers: dict[str, str]) -> tuple[str, int, str]:
        self.connection.request("POST", path, body, headers)
        answer = self.connection.getresponse()
        return self.name, answer.status, answer.read().decode()


class Browser(Caller):
    """Sends what a browser sends when Accept is pressed on the queue; answered in its words."""

    def __init__(self, user, url: str) -> None:
        super().__init__(user, url)
        client = Client()
        client.force_login(user)
        cookies = f"sessionid={client.cookies['sessionid'].value}; csrftoken={TOKEN}"
        self.headers = {"Cookie": cookies, "X-CSRFToken": TOKEN, "HX-Request": "true",
                        "Content-Type": "application/x-www-form-urlencoded"}  # fmt: skip

    def accept(self, handoff: Handoff) -> tuple[str, int, str]:
        return self.post(f"/handoffs/{handoff.pk}/accept/", "back=%2Fqueue%2F", self.headers)


class Program(Caller):
    """The same by the API."""

    def __init__(self, user, url: str) -> None:
        super().__init__(user, url)
        key = ApiKey.objects.issue(user, scope=ApiKey.Scope.FULL)[1]
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def accept(self, handoff: Handoff) -> tuple[str, int, str]:
        return self.post(f"/api/v1/leads/{handoff.lead_id}/accept/", "{}", self.headers)


@pytest.mark.django_db(transaction=True)
def test_two_hundred_times_one_wins_and_the_other_is_told_who(cast, live_server):
    Pool.objects.update(mode=Pool.Mode.OPEN)
    Pool.objects.get(pk=cast.pool.pk).save()
    handoff = cast.hot_lead(at=database_now()).handoffs.get()
    pairs = [
        [kind(user, live_server.url) for user in (cast.sam, cast.sue)]
        for kind in (Browser, Program, Program, Program)
    ]
    gate, won = threading.Barrier(2), []

    def accept(caller: Caller) -> tuple[str, int, str]:
        gate.wait()
        return caller.accept(handoff)

    with ThreadPoolExecutor(2) as both:
        for turn in range(ROUNDS):
            if turn:
                back_to_pool(handoff, pools()[0], by=cast.dana, at=database_now(), reason="Again")
            answers = list(both.map(accept, pairs[turn % 4]))
            [winner] = [name for name, status, _ in answers if status == 200]
            [(refused, told)] = [answer[1:] for answer in answers if answer[0] != winner]
            assert (refused, f"it is accepted and {winner} has it" in told) == (409, True)
            won.append(winner)

    claimed = handoff.assignments.filter(how=Assignment.How.CLAIMED).order_by("pk")
    assert [line.rep.name for line in claimed] == won
    assert handoff.activities.filter(kind="accepted").count() == ROUNDS
    for pair in pairs:
        for caller in pair:
            caller.connection.close()
