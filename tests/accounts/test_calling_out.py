"""What may be called: public addresses only, the one that was checked, and not for ever."""

import socket
import threading
from time import monotonic

import pytest

from accounts import calling_out
from accounts.calling_out import NoAnswer, Unsafe, is_public, post, read
from tests.accounts.receiver import listening


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254",
     "0.0.0.1", "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1",
     "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "2002:7f00:1::", "64:ff9b::7f00:1",
     "2001:0:53aa:64c::1"],
)  # fmt: skip
def test_what_is_inside_is_not_public(address):
    assert is_public(address) is False


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1"]
)
def test_what_is_outside_is(address):
    assert is_public(address) is True


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "0", "localhost", "[::1]",
     "[::ffff:127.0.0.1]"],
)  # fmt: skip
def test_no_way_to_write_loopback_reaches_a_server_there(host):
    with listening() as inside:
        port = inside.url.rsplit(":", 1)[1]
        with pytest.raises(Unsafe, match="private network"):
            post(f"http://{host}:{port}", b"{}", {})
        assert inside.calls == []


def test_a_name_is_refused_when_any_of_its_addresses_is_inside(monkeypatch):
    """Names are the resolver's, so the resolver is what is stood in for."""
    answers = [(2, 1, 6, "", ("1.1.1.1", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(Unsafe, match=r"hook.example is an address of a private network \(10.0"):
        post("http://hook.example/", b"{}", {})


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch, settings):
    """The resolver is asked once: a second, other answer would never be heard."""
    settings.WEBHOOK_PRIVATE = True
    asked, real = [], socket.getaddrinfo

    def resolver(host, *rest, **more):
        asked.append(host)
        return real("127.0.0.1" if host == "hook.example" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    with listening() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        assert post(f"http://hook.example:{port}/x", b"{}", {"webhook-id": "1"}) == 200
    assert asked.count("hook.example") == 1
    assert receiver.calls[0][1]["host"] == f"hook.example:{port}"


def test_http_is_refused_where_the_settings_say_https_only(settings):
    settings.WEBHOOK_HTTP = False
    with pytest.raises(Unsafe, match="does not begin with https://"):
        read("http://hook.example/")
    assert read("https://hook.example/").port == 443


def test_a_server_that_drips_is_cut_off(settings, monkeypatch):
    """One byte a moment would reset a timeout each time; the whole call has an end."""
    settings.WEBHOOK_PRIVATE = True
    monkeypatch.setattr(calling_out, "WHOLE", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def drip() -> None:
            line, _ = server.accept()
            with line:
                try:
                    line.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                    while not over.wait(0.1):
                        line.sendall(b"x")
                except OSError:
                    pass

        thread = threading.Thread(target=drip)
        thread.start()
        start = monotonic()
        with pytest.raises(NoAnswer, match="No answer within 1 seconds"):
            post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {})
        assert monotonic() - start < 3
        over.set()
        thread.join(5)


def test_what_is_not_there_is_said_in_words(settings):
    settings.WEBHOOK_PRIVATE = True
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NoAnswer, match="The connection was refused"):
        post(f"http://127.0.0.1:{port}/", b"{}", {})
    with pytest.raises(NoAnswer, match=r"The name nobody\.invalid was not found"):
        post("http://nobody.invalid/", b"{}", {})


def test_a_line_that_is_no_http_is_a_failure_and_no_crash(settings):
    settings.WEBHOOK_PRIVATE = True
    with socket.create_server(("127.0.0.1", 0)) as server:

        def babble() -> None:
            line, _ = server.accept()
            with line:
                line.recv(1000)
                line.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")

        thread = threading.Thread(target=babble)
        thread.start()
        with pytest.raises(NoAnswer, match="BadStatusLine"):
            post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {})
        thread.join(5)
