"""Turn what was typed into what can be compared. What was typed is kept beside it."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from leads import countries

# Addresses at these belong to people, not to companies: mail for anybody, and what comes with a
# line at home. Of the great ones every country's domain (yahoo.co.jp) is one. And pages on a site
# that everybody has pages on.
PUBLIC_DOMAINS = frozenset(
    """
    gmail.com googlemail.com icloud.com me.com mac.com mail.com proton.me protonmail.com pm.me
    protonmail.ch tutanota.com tuta.io tuta.com zoho.com zohomail.com fastmail.com fastmail.fm
    hey.com hushmail.com mailbox.org posteo.de posteo.net inbox.com email.com usa.com duck.com
    rocketmail.com ymail.com msn.com passport.com netscape.net aim.com juno.com excite.com
    web.de freenet.de t-online.de arcor.de online.de mailbox.de magenta.de vodafone.de o2online.de
    kabelmail.de unitybox.de bluewin.ch hispeed.ch sunrise.ch a1.net chello.at aon.at
    orange.fr free.fr laposte.net wanadoo.fr sfr.fr neuf.fr bbox.fr numericable.fr club-internet.fr
    libero.it virgilio.it tiscali.it alice.it tin.it fastwebnet.it inwind.it telefonica.net
    terra.es ono.com sapo.pt mail.telepac.pt skynet.be telenet.be proximus.be ziggo.nl kpnmail.nl
    planet.nl xs4all.nl home.nl hetnet.nl upcmail.nl casema.nl quicknet.nl
    btinternet.com btopenworld.com sky.com virginmedia.com talktalk.net ntlworld.com
    blueyonder.co.uk tiscali.co.uk plusnet.com eircom.net
    telia.com comhem.se bredband.net spray.se online.no getmail.no tdcadsl.dk mail.dk jubii.dk
    ofir.dk luukku.com kolumbus.fi elisanet.fi suomi24.fi
    wp.pl o2.pl onet.pl onet.eu op.pl interia.pl interia.eu gazeta.pl poczta.onet.pl seznam.cz
    centrum.cz email.cz volny.cz atlas.cz azet.sk centrum.sk zoznam.sk freemail.hu citromail.hu
    indamail.hu abv.bg mail.bg ukr.net i.ua meta.ua tut.by
    yandex.ru yandex.com ya.ru mail.ru inbox.ru list.ru bk.ru rambler.ru
    comcast.net xfinity.com verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net
    spectrum.net roadrunner.com earthlink.net optonline.net frontier.com frontiernet.net
    centurylink.net windstream.net mindspring.com peoplepc.com suddenlink.net
    bell.net sympatico.ca rogers.com shaw.ca telus.net videotron.ca cogeco.ca
    bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au xtra.co.nz
    uol.com.br bol.com.br terra.com.br ig.com.br globo.com globomail.com r7.com
    prodigy.net.mx hotmail.com.mx arnet.com.ar fibertel.com.ar speedy.com.ar
    qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com tom.com aliyun.com
    139.com 189.cn naver.com hanmail.net daum.net nate.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp
    nifty.com rediffmail.com sify.com walla.com walla.co.il
    facebook.com instagram.com linkedin.com x.com twitter.com youtube.com tiktok.com linktr.ee
    sites.google.com google.com wordpress.com wixsite.com blogspot.com github.io business.site
    booking.com airbnb.com tripadvisor.com expedia.com
    """.split()  # noqa: SIM905 (a list of two hundred quoted names reads worse)
)
_FAMILIES = re.compile(r"(?:yahoo|hotmail|outlook|live|gmx|aol|zoho)\.(?:com?\.)?[a-z]{2,3}")
COUNTRY_WORDS = {
    "usa": "US",
    "u.s.": "US",
    "u.s.a.": "US",
    "united states": "US",
    "united states of america": "US",
    "america": "US",
    "uk": "GB",
    "u.k.": "GB",
    "united kingdom": "GB",
    "great britain": "GB",
    "britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "germany": "DE",
    "deutschland": "DE",
    "france": "FR",
    "spain": "ES",
    "españa": "ES",
    "italy": "IT",
    "italia": "IT",
    "netherlands": "NL",
    "the netherlands": "NL",
    "belgium": "BE",
    "switzerland": "CH",
    "austria": "AT",
    "österreich": "AT",
    "canada": "CA",
    "mexico": "MX",
    "méxico": "MX",
    "brazil": "BR",
    "australia": "AU",
    "new zealand": "NZ",
    "ireland": "IE",
    "india": "IN",
    "china": "CN",
    "japan": "JP",
    "sweden": "SE",
    "norway": "NO",
    "denmark": "DK",
    "finland": "FI",
    "poland": "PL",
    "portugal": "PT",
}
_COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)
# A local part that is valid as it stands: letters, digits and single dots among them (RFC 5322's
# dot-atom, less its rarer signs). Well below the library's limits on length.
_PLAIN = re.compile(r"[A-Za-z0-9_+-]{1,40}(?:\.[A-Za-z0-9_+-]{1,20})?")
LONGEST_PLAIN = 200
# Embeddings, overrides and isolates: they would reverse what our pages write after a name.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SPACES = re.compile(r"\s+")


def text(value: object, *, limit: int) -> str:
    """One line: NFC, no control characters, single spaces. Raises ValueError when too long.

    Right-to-left text stays; the controls that turn the rest of a line around go.
    """
    if value is None:
        return ""
    raw = str(value)
    if len(raw) > limit * 4:
        raise ValueError(f"is {len(raw):,} characters long; at most {limit} fit")
    clean = unicodedata.normalize("NFC", raw)
    if not clean.isprintable():  # most are, and looking at each character takes long
        clean = "".join(
            c
            for c in clean
            if c in "\t\n\r " or (c not in _TURNING and unicodedata.category(c) not in ("Cc", "Cs"))
        )
    clean = _SPACES.sub(" ", clean).strip()
    if len(clean) > limit:
        raise ValueError(f"is {len(clean):,} characters long; at most {limit} fit")
    return clean


LONGEST_TAG = 40
_QUOTED = re.compile(r'"(.*)"')
MOST_TAGS = 50


def tags(value: object) -> list[str]:
    """Names of tags from a list, or from a text that parts them by commas or semicolons; each
    once. Raises ValueError for what is neither, a name too long, or too many."""
    if value in (None, ""):
        return []
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise ValueError("must be a list of tags")
    found: dict[str, str] = {}
    for part in (part for one in given for part in re.split(r"[,;\n]", one)):
        name = text(_QUOTED.sub(r"\1", part.strip()), limit=LONGEST_TAG * 5)
        if len(name) > LONGEST_TAG:
            raise ValueError(f"“{name[:20]}…” is too long for a tag; at most {LONGEST_TAG} fit")
        if name:
            found.setdefault(name.casefold(), name)
    if len(found) > MOST_TAGS:
        raise ValueError(f"has {len(found)} tags; at most {MOST_TAGS} fit")
    return list(found.values())


def sentence(error: ValueError) -> str:
    """What such an error says, as a sentence beside the field."""
    said = str(error)
    return (said if said.startswith("“") else f"This {said}").rstrip(".") + "."


@lru_cache(maxsize=4096)
def email(typed: str) -> str:
    """The address to compare by: lower case, NFC, IDN decoded as the library does.

    Raises ValueError saying what is wrong with the address.
    """
    address = typed.strip()
    local, _, host = address.rpartition("@")
    # Looking at the domain takes longest, and a file of leads has few of them.
    if len(address) <= LONGEST_PLAIN and _PLAIN.fullmatch(local) and (domain := _domain(host)):
        return f"{local}@{domain}".casefold()
    try:
        return validate_email(address, check_deliverability=False).normalized.casefold()
    except EmailNotValidError as error:
        raise ValueError(f"“{typed[:80]}” is not an e-mail address: {error}") from None


@lru_cache(maxsize=4096)
def _domain(host: str) -> str:
    """What the library makes of a domain; empty when it will not have it."""
    try:
        return validate_email(f"a@{host}", check_deliverability=False).domain
    except EmailNotValidError:
        return ""


@lru_cache(maxsize=4096)
def phone(typed: str, country: str = "") -> str:
    """E.164, read as a number of `country` when it has no international prefix.

    Raises ValueError when it can't be a number.
    """
    region = country if country in _COUNTRIES else "US"
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        raise ValueError(f"“{typed[:40]}” is not a phone number") from None
    if not phonenumbers.is_possible_number(number):
        raise ValueError(
            f"“{typed[:40]}” is not a possible phone number; write it as +1 212 555 0123"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def country(typed: str) -> str:
    """ISO 3166-1 alpha-2. Raises ValueError when the country is not known."""
    word = typed.strip()
    code = word.upper()
    if code in _COUNTRIES:
        return code
    known = COUNTRY_WORDS.get(word.casefold()) or countries.codes().get(word.casefold())
    if known is None:
        raise ValueError(
            f"“{word[:40]}” is not a country; use its name or two letters, such as US or Germany"
        )
    return known


def company_domain(address: str | None, typed: str = "") -> str:
    """The company's domain, from a website as typed or from the address; public mail has none."""
    host = typed.strip().casefold()
    if host:
        host = host.split("://", 1)[-1].split("/", 1)[0].split("@")[-1].split(":")[0]
        return host.removeprefix("www.")[:253]
    domain = (address or "").rpartition("@")[2]
    return "" if is_public(domain) else domain


def is_public(domain: str) -> bool:
    """Whether anybody may have an address there, so that it tells nothing of a company."""
    return domain in PUBLIC_DOMAINS or _FAMILIES.fullmatch(domain) is not None


def match_text(first_name: str, last_name: str, company: str) -> str:
    """The text the trigram search of likely duplicates compares."""
    return _SPACES.sub(" ", f"{first_name} {last_name} {company}").strip().casefold()
