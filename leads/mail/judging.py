"""Whether a person wrote it: automatic replies, and mail that says that ours came back.

Programs have five ways of saying that they answer by themselves: Auto-Submitted (RFC 3834),
X-Autoreply and its like, Precedence, Exchange's X-Auto-Response-Suppress together with its subject,
and the subject alone, in the language of its reader.
"""

import re
from dataclasses import dataclass

from leads.mail.reading import Mail, Message, addresses, content_type, decoded, header, parts

TOKEN = re.compile(r"\b([0-9a-f]{24})\.lead@")
_STATUS = re.compile(r"\b([45])\.\d{1,3}\.\d{1,3}\b")
_CODE = re.compile(r"(?<![\d.])([45])\d\d(?![\d.])")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
PROGRAMS = (
    "X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-MS-Exchange-Inbox-Rules-Loop",
    "X-MS-Exchange-Generated-Message-Source",
)  # fmt: skip
AUTOMATIC_SUBJECT = re.compile(
    r"\s*(?:auto(?:matic|mated)?[ -]?(?:reply|response)|out of (?:the )?office|"
    r"automatische (?:antwort|abwesenheits)|abwesenheits(?:notiz|nachricht|assistent)|abwesend\b|"
    r"(?:ich bin )?nicht im (?:büro|haus)\b|réponse automatique|absence du bureau|"
    r"message d['’]absence|absent(?:e)? du bureau|respuesta automática|fuera de (?:la )?oficina|"
    r"risposta automatica|fuori (?:sede|ufficio)|automatisch antwoord|afwezig(?:heid)?\b|"
    r"resposta automática|ausência|autosvar|automatiskt svar|automatisk svar|automaattinen|"
    r"odpowiedź automatyczna|автоответ|自動応答|自动回复)",
    re.IGNORECASE,
)
_DAEMON = re.compile(r"(?:mailer-daemon|mail-daemon|postmaster|mail\.?delivery\S*|mdaemon)@", re.I)
_RETURNED = re.compile(
    r"undeliver|delivery (?:status notification|failure|has failed|incomplete)|returned mail|"
    r"failure notice|mail delivery|delivery notification|unzustellbar|nicht zugestellt|"
    r"non remis|échec de (?:la )?remise|no se (?:pudo|ha podido) entregar|mancata consegna|"
    r"onbestelbaar|niet bezorgd|nie dostarczono",
    re.IGNORECASE,
)
_DELAY = re.compile(
    r"\bdelay|warning: message|still (?:be )?(?:re)?tr(?:y|ied)|verzöger|retard", re.I
)
# The box is full: the address may work again tomorrow.
FULL = "5.2.2"


@dataclass(frozen=True, slots=True)
class Returned:
    """What a server says of a mail of ours: it came back, for good or for now, or is delayed."""

    address: str
    token: str
    why: str
    delayed: bool
    for_good: bool


def is_automatic(mail: Mail) -> bool:
    """Whether a program wrote it."""
    submitted = mail.header("Auto-Submitted").split(";")[0].strip().lower()
    if submitted and submitted != "no":
        return True
    if any(mail.header(name) for name in PROGRAMS):
        return True
    if mail.header("Precedence").strip().lower() in ("auto_reply", "bulk", "junk"):
        return True
    if content_type(mail.message) == "multipart/report":
        return True  # a receipt, or what else programs report
    return bool(AUTOMATIC_SUBJECT.match(mail.subject))


def returned(mail: Mail) -> Returned | None:
    """What it says of a mail that came back; None when it says nothing of the kind."""
    reports = [part for part in parts(mail.message)
               if content_type(part) == "message/delivery-status"]  # fmt: skip
    if reports:
        return _by_report(mail, reports[0])
    if _DAEMON.match(mail.sender) and _RETURNED.search(f"{mail.subject} {mail.text[:300]}"):
        return _by_words(mail)
    return None


def _by_report(mail: Mail, report: Message) -> Returned | None:
    """RFC 3464: the first recipient that is spoken of as failed or delayed."""
    blocks = report.get_payload()
    for block in blocks if isinstance(blocks, list) else []:
        action = header(block, "Action").strip().lower()
        if action not in ("failed", "delayed"):
            continue
        named = header(block, "Original-Recipient") or header(block, "Final-Recipient")
        address = named.rpartition(";")[2].strip(" <>").lower()
        status = header(block, "Status").split("(")[0].strip()
        why = header(block, "Diagnostic-Code").partition(";")[2].strip() or status
        for_good = action == "failed" and not status.startswith("4") and status != FULL
        return Returned(address, _token(mail), " ".join(why.split()), action == "delayed", for_good)
    return None


def _by_words(mail: Mail) -> Returned:
    """An old-style daemon: what can be found among its words."""
    said = _whole(mail.message)
    own = mail.text or said
    delayed = bool(_DELAY.search(f"{mail.subject} {own[:500]}"))
    status = _STATUS.search(said) or _CODE.search(own)
    for_good = not delayed and (status is None or status[1] == "5") and FULL not in said
    failed = addresses(mail.message, "X-Failed-Recipients")
    spoken = [a.lower() for a in _ADDRESS.findall(own) if a.lower() != mail.sender]
    lines = [line.strip() for line in own.split("\n") if status and status[0] in line]
    why = lines[0] if lines else mail.subject
    return Returned(next(iter([*failed, *spoken]), ""), _token(mail), why, delayed, for_good)


def _token(mail: Mail) -> str:
    """Of which mail of ours: its Message-ID stands in what was returned, or is referred to."""
    found = TOKEN.search(" ".join(mail.refers_to)) or TOKEN.search(_whole(mail.message))
    return found[1] if found else ""


def _whole(message: Message) -> str:
    """All the text there is, attached mails' headers too."""
    said = []
    for part in parts(message):
        inner = part.get_payload()
        if content_type(part) in ("message/rfc822", "message/global") and isinstance(inner, list):
            said += [header(each, "Message-ID") for each in inner]
            said += [decoded(each) for each in inner if not each.is_multipart()]
        elif content_type(part).startswith("text/"):
            said.append(decoded(part))
    return "\n".join(said)
