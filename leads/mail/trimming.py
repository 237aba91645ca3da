"""What somebody wrote, without the mail they answer: cut where their program says so.

What answers between the quoted lines is left whole, for its sense is in the lines.
"""

import re
from html import unescape

MOST = 8000
_WROTE = (
    r"wrote|schrieb|a écrit|escribió|ha scritto|het volgende geschreven|schreef|escreveu|skrev|"
    r"napisał\(?a?\)?|kirjoitti|написал\(?а?\)?"
)
_CUTS = tuple(
    re.compile(pattern, re.MULTILINE | re.IGNORECASE)
    for pattern in (
        # “On Mon, 3 Mar 2026 at 10:00, Sam <…> wrote:”, which may be broken over three lines.
        rf"^[ \t]*(?:On|Am|Le|El|Il giorno|Il|Op|Em|Den|W dniu|Dnia|Pe)\b[^\n]*(?:\n[^\n]*){{0,2}}?"
        rf"\b(?:{_WROTE})[^\n]{{0,80}}:[ \t]*$",
        r"^[ \t]*-{2,} ?(?:Original Message|Ursprüngliche Nachricht|Original-Nachricht|"
        r"Message d'origine|Message d’origine|Mensaje original|Messaggio originale|"
        r"Oorspronkelijk bericht|Mensagem original|Forwarded message|Weitergeleitete Nachricht|"
        r"Message transféré) ?-{2,}",
        # Outlook's block of headers.
        r"^[ \t>*]*(?:From|Von|De|Da|Van|Från|Fra|Od)[ *]*:[^\n]+\n(?:[^\n]*\n){0,2}?[ \t>*]*"
        r"(?:Sent|Gesendet|Envoyé|Enviado|Inviato|Verzonden|Skickat|Sendt|Date|Datum|"
        r"Wysłano)[ *]*:",
        r"^_{20,}[ \t]*$",
        r"^-- $",
    )
)
_SKIPPED = frozenset({"script", "style", "head", "title", "template"})
_QUOTES = frozenset({"gmail_quote", "moz-cite-prefix", "yahoo_quoted", "protonmail_quote"})
_MARKS = frozenset({"divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container"})
_TAG = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9]{0,20})(?![^\s/])")
_ATTRIBUTE = re.compile(r"""\s(class|id|type)\s{0,5}=\s{0,5}["']?([^"'>]{1,200})""", re.IGNORECASE)
COMMENT = "!--"
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "blockquote", "table", "hr"})


def trimmed(text: str) -> str:
    """The new words of a mail; all of it where nothing else would be left."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    end = min((found.start() for cut in _CUTS if (found := cut.search(text))), default=len(text))
    lines = text[:end].rstrip().split("\n")
    while lines and (lines[-1].lstrip().startswith(">") or not lines[-1].strip()):
        lines.pop()
    said = "\n".join(line.rstrip() for line in lines).strip()
    said = re.sub(r"\n{3,}", "\n\n", said or text.strip())
    return said if len(said) <= MOST else f"{said[: MOST - 2].rstrip()} …"


def text_of_html(html: str) -> str:
    """A web page as text, up to what it quotes.

    Read tag by tag in one pass: the standard library's parser takes minutes for some pages.
    """
    words: list[str] = []
    skipping, first, said = "", True, False
    for piece in html.split("<"):
        tag, closed, data = piece.partition(">") if not first else ("", "", piece)
        first = False
        if skipping == COMMENT:
            skipping = "" if "-->" in piece else COMMENT
            tag, data = "", piece.rpartition("-->")[2] if not skipping else ""
        elif tag.startswith("!--"):
            skipping = "" if "-->" in piece else COMMENT
            data = piece.rpartition("-->")[2] if not skipping else ""
        name = _TAG.match(tag)
        if name and name[2].lower() in _SKIPPED and (not skipping or skipping == name[2].lower()):
            skipping = "" if name[1] else name[2].lower()
        if skipping:
            continue
        if name and name[2].lower() in _BREAKS:
            words.append("\n")
        if name and not name[1] and said and _quotes(name[2].lower(), tag):
            break
        text = re.sub(r"\s+", " ", unescape(data if closed or not tag else f"<{piece}"))
        said = said or bool(text.strip())
        words.append(text)
    text = re.sub(r"[ \t]+", " ", "".join(words).replace("\xa0", " "))
    return re.sub(r" ?\n ?", "\n", text).strip()


def _quotes(name: str, tag: str) -> bool:
    """Whether a tag begins what the writer's program has quoted."""
    known = {found[1].lower(): found[2] for found in _ATTRIBUTE.finditer(tag[:2000])}
    if name == "blockquote" and known.get("type", "").lower() == "cite":
        return True
    return bool(_QUOTES & set(known.get("class", "").split())) or known.get("id", "").lower() in (
        _MARKS
    )
