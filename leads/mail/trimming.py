"""What somebody wrote, without the mail they answer: cut where their program says so.

What answers between the quoted lines is left whole, for its sense is in the lines.
"""

import re
from html.parser import HTMLParser

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
    """A web page as text, up to what it quotes."""
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except (AssertionError, ValueError, RecursionError):
        pass  # what was read so far
    words = re.sub(r"[ \t]+", " ", "".join(reader.words))
    return re.sub(r" *\n *", "\n", words).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._skipped = 0
        self._quoted = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skipped += 1
        known = dict(attrs)
        classes = set((known.get("class") or "").split())
        cited = tag == "blockquote" and known.get("type") == "cite"
        marked = (known.get("id") or "").lower() in _MARKS
        if (classes & _QUOTES or cited or marked) and "".join(self.words).strip():
            self._quoted = True
        if tag in _BREAKS:
            self._say("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipped = max(0, self._skipped - 1)
        if tag in _BREAKS and tag != "br":
            self._say("\n")

    def handle_data(self, data: str) -> None:
        self._say(re.sub(r"\s+", " ", data))

    def _say(self, words: str) -> None:
        if not self._skipped and not self._quoted:
            self.words.append(words)
