"""What was typed is turned into what can be compared."""

from email_validator import validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from leads import normalise

LOCALS = st.one_of(
    st.text(st.sampled_from("abzAZ09._+-'ß é@\"\n"), max_size=70),
    st.from_regex(r"[A-Za-z0-9_+-]{1,44}(\.[A-Za-z0-9_+-]{1,24})?", fullmatch=True),
)
HOSTS = st.sampled_from([
    "example.com", "Mail.Example.COM", "bücher.example", "xn--bcher-kva.example", "localhost",
    "a..b", "-a.com", "[127.0.0.1]", "", "ex ample.com", "example.com.", "x" * 70 + ".com",
    ".".join(["abcdefgh"] * 26) + ".com", "1.2.3.4", "\u3002.jp", "straße.de",
])  # fmt: skip


@given(LOCALS, HOSTS)
@example("a" * 40 + "." + "b" * 20, "example.com")
@example("a.b", "ÖBB.at")
def test_an_address_is_what_the_library_makes_of_it_whole(local, host):
    typed = f" {local}@{host}"
    assert made(normalise.email, typed) == made(whole, typed)


def whole(typed):
    found = validate_email(typed.strip(), check_deliverability=False)
    return found.normalized.casefold()


def made(verb, typed):
    """What a verb makes of an address, or the reason why it won't have it."""
    try:
        return verb(typed), ""
    except ValueError as error:
        return None, str(error).rpartition("is not an e-mail address: ")[2]
