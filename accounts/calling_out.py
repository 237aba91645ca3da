"""POST to an address that somebody typed, so that nothing inside can be reached by it.

1. Only http and https (the settings say whether http), nobody's name or password in it.
2. The host is resolved once. Each of its addresses must be public, unless WEBHOOK_PRIVATE is set.
3. The connection goes to the address that was checked: a name that means another address a
   moment later (DNS rebinding) changes nothing. Certificates are held against the name.
4. Redirects are not followed, proxies of the environment not used, and of the answer nothing but
   the status is read. The whole call has ten seconds.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from threading import Timer
from time import monotonic
from urllib.parse import urlsplit

from django.conf import settings

# Seconds.
CONNECTING, WHOLE = 5.0, 10.0
# How many addresses of one name are tried.
MOST_ADDRESSES = 4
PORTS = {"http": 80, "https": 443}


class Unsafe(ValueError):
    """An address that is not called, in words for whoever typed it."""


class NoAnswer(Exception):
    """Nothing came back, in words."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def read(url: str) -> Target:
    """Take an address apart; raises Unsafe for one that is never called."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        raise Unsafe(f"“{url}” is not an address; write https://example.com/hook.") from None
    allowed = ("http", "https") if settings.WEBHOOK_HTTP else ("https",)
    if parts.scheme not in allowed:
        raise Unsafe(f"“{url}” does not begin with {' or '.join(f'{s}://' for s in allowed)}.")
    if not host or port == 0:
        raise Unsafe(f"“{url}” names no host; write https://example.com/hook.")
    if "@" in parts.netloc:
        raise Unsafe("Leave name and password out of the address; the signature says who calls.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        raise Unsafe("Write spaces and letters beyond ASCII in the path percent-encoded.")
    try:
        literal = str(ipaddress.ip_address(host))
    except ValueError:
        literal = ""
    if literal or host == "localhost" or host.endswith(".localhost"):
        _refuse_private(host, literal or "127.0.0.1")
    return Target(parts.scheme, host, port or PORTS[parts.scheme], path)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also through IPv6's ways to write IPv4."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        within = ip.ipv4_mapped or ip.sixtofour
        if within is not None:
            return is_public(str(within))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _refuse_private(host: str, address: str) -> None:
    if not settings.WEBHOOK_PRIVATE and not is_public(address):
        raise Unsafe(
            f"{host} is an address of a private network ({address}), which is not called. Use a "
            "public one, or ask whoever runs leadflow to set WEBHOOK_PRIVATE=1."
        )


def resolve(target: Target) -> list[str]:
    """The IP addresses of a target, every one checked; raises Unsafe, or NoAnswer for no such
    name."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NoAnswer(f"The name {target.host} was not found") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        _refuse_private(target.host, address)
    return addresses[:MOST_ADDRESSES]


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send the body and answer the status. Raises Unsafe, or NoAnswer within `WHOLE` seconds."""
    target, until = read(url), monotonic() + WHOLE
    plain = _connect(resolve(target), target.port, until=until)
    # Cuts the line whatever happens on it: a single timeout would start anew with every byte.
    line = plain.dup()
    watch = Timer(max(0.1, until - monotonic()), _cut, [line])
    watch.daemon = True
    watch.start()
    late = f"No answer within {WHOLE:.0f} seconds"
    try:
        status = _exchange(plain, target, body, headers)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(late if monotonic() >= until else _why(error)) from None
    else:
        # A line that was cut among the headers looks as if they had ended.
        if monotonic() >= until:
            raise NoAnswer(late)
        return status
    finally:
        watch.cancel()
        plain.close()
        line.close()


def _connect(addresses: list[str], port: int, *, until: float) -> socket.socket:
    failed: Exception = OSError("no address")
    for address in addresses:
        left = until - monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((address, port), timeout=min(CONNECTING, left))
        except OSError as error:
            failed = error
    raise NoAnswer(_why(failed))


def _exchange(plain: socket.socket, target: Target, body: bytes, headers: Mapping[str, str]) -> int:
    connection = http.client.HTTPConnection(target.host, target.port)
    plain.settimeout(WHOLE)
    if target.scheme == "https":
        secure = ssl.create_default_context()
        connection.sock = secure.wrap_socket(plain, server_hostname=target.host)
    else:
        connection.sock = plain
    try:
        said = {"Host": target.host_header, "Connection": "close", **headers}
        connection.request("POST", target.path, body, said)
        return connection.getresponse().status
    finally:
        connection.close()


def _cut(line: socket.socket) -> None:
    with suppress(OSError):  # It may be over already.
        line.shutdown(socket.SHUT_RDWR)


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate is not valid: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "The connection timed out"
    if isinstance(error, ConnectionRefusedError):
        return "The connection was refused"
    return f"The connection failed ({type(error).__name__})"


def status_words(status: int) -> str:
    """A status in our own words, never the other side's: "503 Service Unavailable"."""
    try:
        said = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        said = str(status)
    return f"{said}; redirects are not followed" if 300 <= status < 400 else said
