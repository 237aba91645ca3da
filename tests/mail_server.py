"""A real SMTP and IMAP server for the tests, and what is in its mailbox."""

import contextlib
import email
import imaplib
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

USER, PASSWORD = "inbox@demo.test", "secret-of-a-test"


@contextlib.contextmanager
def mail_server(smtp: int, imap: int) -> Iterator[None]:
    """One mailbox takes whatever is sent to anybody."""
    command = [Path(sys.executable).with_name("mail_devel"), "--host=127.0.0.1", f"--user={USER}",
               f"--password={PASSWORD}", f"--smtp-port={smtp}", f"--imap-port={imap}",
               "--no-http"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                inbox(imap)
                break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def inbox(port: int) -> list[Message]:
    with imaplib.IMAP4("127.0.0.1", port) as box:
        box.login(USER, PASSWORD)
        box.select("INBOX", readonly=True)
        numbers = box.search(None, "ALL")[1][0].split()
        return [email.message_from_bytes(box.fetch(n, "(RFC822)")[1][0][1]) for n in numbers]
