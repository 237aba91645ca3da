"""A mail server that counts: every letter with its Message-ID, and some of them with bad luck."""

import asyncio
import email
import random
import threading
from collections import defaultdict
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller

from tests.leadflow.running import free_port


class PostOffice:
    """Keeps what arrives. Now and then it has taken a letter and says that it has not.

    While `takes` is cleared, nobody can begin a letter; while `answers` is, what was taken is not
    acknowledged.
    """

    def __init__(self, chance: random.Random | None = None, *, bad_luck: float = 0) -> None:
        self.letters: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        self.takes, self.answers = threading.Event(), threading.Event()
        self.takes.set()
        self.answers.set()
        self._chance, self._bad_luck = chance or random.Random(0), bad_luck
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def __enter__(self) -> "PostOffice":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_MAIL(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        await opened(self.takes)
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        letter = email.message_from_bytes(envelope.content)
        known = letter["Message-ID"].strip("<>").partition("@")[0]
        self.letters[known].append((letter["To"], letter["Subject"], plain(letter)))
        await opened(self.answers)
        if self._chance.random() < self._bad_luck:
            return "451 Something broke after we had taken it"
        return "250 OK"


async def opened(gate: threading.Event) -> None:
    while not gate.is_set():
        await asyncio.sleep(0.01)


def plain(letter: Message) -> str:
    part = next(p for p in letter.walk() if p.get_content_type() == "text/plain")
    return part.get_payload(decode=True).decode()
