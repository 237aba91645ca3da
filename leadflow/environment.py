"""Reads and checks the environment. A wrong value is refused at start: name, value, remedy."""

import os
import re
import secrets
import shlex
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
POSTGRES_SCHEMES = {"postgresql", "postgres"}
REDIS_SCHEMES = {"redis", "rediss", "unix"}
IMAP_SCHEMES = {"imap", "imaps", "imap+tls"}
EMAIL_SCHEMES = {"smtp", "smtps", "smtp+tls", "console"}
DATABASE_OPTIONS = {
    "application_name",
    "connect_timeout",
    "host",
    "keepalives",
    "options",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
}


class WrongValue(ImproperlyConfigured):
    """One environment variable holds a value that cannot be used."""

    def __init__(self, name: str, value: str, allowed: str) -> None:
        super().__init__(f"{name}={masked(value)!r} cannot be used: {allowed}")


def masked(value: str) -> str:
    """The value with passwords replaced: nobody's secret belongs in a log."""
    value = re.sub(r"(?<=://)([^:/@]*):.*@", r"\1:***@", value)
    return re.sub(r"(?i)(password|secret)=[^&]*", r"\1=***", value)


class Environment:
    """The environment's variables by type; `{}` in tests stands for a fresh machine."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self.variables = os.environ if variables is None else variables

    def text(self, name: str, default: str = "") -> str:
        return self.variables.get(name, "").strip() or default

    def is_set(self, name: str) -> bool:
        return bool(self.text(name))

    def flag(self, name: str, default: bool) -> bool:
        value = self.text(name).lower()
        if value in TRUE:
            return True
        if value in FALSE:
            return False
        if value:
            raise WrongValue(name, value, "write 1 or 0 (also true/false, yes/no, on/off)")
        return default

    def number(self, name: str, default: int, *, lowest: int, highest: int) -> int:
        value = self.text(name)
        if not value:
            return default
        if not value.isascii() or not value.isdigit() or not lowest <= int(value) <= highest:
            raise WrongValue(name, value, f"write a whole number from {lowest} to {highest}")
        return int(value)

    def hosts(self, name: str, default: list[str]) -> list[str]:
        """Host names separated by commas, as Django's ALLOWED_HOSTS takes them."""
        hosts = [host.strip() for host in self.text(name).split(",") if host.strip()]
        for host in hosts:
            if not re.fullmatch(r"\*|\.?[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]", host):
                allowed = "write host names separated by commas, without scheme, port or path"
                raise WrongValue(name, host, allowed)
        return hosts or default

    def origins(self, name: str) -> list[str]:
        """Origins separated by commas, each with its scheme."""
        origins = [origin.strip() for origin in self.text(name).split(",") if origin.strip()]
        for origin in origins:
            if not re.fullmatch(r"https?://[A-Za-z0-9.*_-]+(:\d+)?", origin):
                raise WrongValue(name, origin, "write origins such as https://crm.example.com")
        return origins

    def url(self, name: str, schemes: set[str], example: str) -> SplitResult | None:
        value = self.text(name)
        if not value:
            return None
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError as error:
            raise WrongValue(name, value, f"{error}; write {example}") from None
        if parts.scheme not in schemes or port == 0:
            known = ", ".join(f"{scheme}://" for scheme in sorted(schemes))
            raise WrongValue(name, value, f"write an address with {known}, as {example}")
        return parts

    def database(self, name: str, default: str) -> dict[str, Any]:
        """The DATABASES entry for a PostgreSQL address; no other database is supported."""
        example = "postgresql://user:password@host:5432/name"
        given = self if self.is_set(name) else Environment({name: default})
        parts = given.url(name, POSTGRES_SCHEMES, example)
        assert parts is not None
        value = given.text(name)
        database = unquote(parts.path[1:])
        if not database or "/" in database:
            raise WrongValue(name, value, f"it names no database; write {example}")
        options = dict(parse_qsl(parts.query))
        if unknown := set(options) - DATABASE_OPTIONS:
            allowed = f"option {min(unknown)} is not one of {', '.join(sorted(DATABASE_OPTIONS))}"
            raise WrongValue(name, value, allowed)
        host = options.pop("host", "") or unquote(parts.hostname or "")
        if not host:
            raise WrongValue(name, value, f"it names no host; write {example}")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": host,
            "PORT": str(parts.port or ""),
            "OPTIONS": {"connect_timeout": "10", **options},
        }

    def redis(self, name: str, default: str) -> str:
        """The address of a Redis or Valkey server, checked but as given."""
        parts = self.url(name, REDIS_SCHEMES, "redis://host:6379/0 or unix:///run/valkey.sock")
        if parts is None:
            return default
        missing = not parts.path if parts.scheme == "unix" else not parts.hostname
        if missing:
            raise WrongValue(name, self.text(name), "write redis://host:6379/0")
        if parts.scheme != "unix" and not re.fullmatch(r"(/\d*)?", parts.path):
            raise WrongValue(name, self.text(name), "the database is a number: redis://host:6379/0")
        return self.text(name)

    def email(self, name: str) -> dict[str, Any]:
        """Django's EMAIL_* settings; console (the default) prints messages instead of sending."""
        example = "smtp+tls://user:password@host:587, smtps://…:465, smtp://host:25 or console://"
        parts = self.url(name, EMAIL_SCHEMES, example)
        if parts is None or parts.scheme == "console":
            return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
        if not parts.hostname:
            raise WrongValue(name, self.text(name), f"it names no host; write {example}")
        ports = {"smtp": 25, "smtps": 465, "smtp+tls": 587}
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": parts.hostname,
            "EMAIL_PORT": parts.port or ports[parts.scheme],
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
            "EMAIL_USE_SSL": parts.scheme == "smtps",
            "EMAIL_TIMEOUT": 20,
        }

    def imap(self, name: str) -> dict[str, Any] | None:
        """The mailbox at an IMAP address; None when none is named."""
        example = "imaps://user:password@host:993/INBOX, imap+tls://…:143/INBOX or imap://…"
        parts = self.url(name, IMAP_SCHEMES, example)
        if parts is None:
            return None
        if not parts.hostname or not parts.username or not parts.password:
            allowed = f"it needs a host, a user and a password; write {example}"
            raise WrongValue(name, self.text(name), allowed)
        folder, user = unquote(parts.path[1:]) or "INBOX", unquote(parts.username)
        return {
            "NAME": f"{user} at {parts.hostname}, {folder}",
            "HOST": parts.hostname,
            "PORT": parts.port or (993 if parts.scheme == "imaps" else 143),
            "USER": user,
            "PASSWORD": unquote(parts.password),
            "FOLDER": folder,
            "SSL": parts.scheme == "imaps",
            "STARTTLS": parts.scheme == "imap+tls",
        }

    def reply_address(self, name: str) -> str:
        """An e-mail address, with {token} in it at most once and before the @."""
        value = self.text(name)
        plain = value.replace("{token}", "token", 1)
        if value and not re.fullmatch(r"[A-Za-z0-9._+=-]+@[A-Za-z0-9.-]+", plain):
            example = "write an address such as sales@example.com or sales+{token}@example.com"
            raise WrongValue(name, value, example)
        return value

    def choices(self, name: str, known: Collection[str]) -> list[str]:
        """Some of what is known, separated by commas; all of it when nothing is said."""
        chosen = [word.strip().lower() for word in self.text(name).split(",") if word.strip()]
        for word in chosen:
            if word not in known:
                raise WrongValue(name, word, f"write some of {', '.join(known)}")
        return chosen or list(known)

    def folder(self, name: str, default: Path) -> Path:
        """A folder by its whole path; it need not be there yet."""
        value = self.text(name)
        if value and not Path(value).is_absolute():
            raise WrongValue(name, value, "write a whole path such as /srv/leadflow/files")
        return Path(value) if value else default

    def scanner(self, name: str) -> dict[str, Any] | None:
        """What is asked about viruses: a command, or a clamd by its address; None when nothing."""
        value = self.text(name)
        example = "write a command such as /usr/bin/clamdscan --fdpass --no-summary, "
        example += "clamd://host:3310 or clamd:///run/clamav/clamd.ctl"
        if not value:
            return None
        if not value.startswith("clamd://"):
            try:
                command = shlex.split(value)
            except ValueError as error:
                raise WrongValue(name, value, f"{error}; {example}") from None
            if not os.path.isabs(command[0]):
                raise WrongValue(name, value, example)
            if not os.access(command[0], os.X_OK) or os.path.isdir(command[0]):
                raise WrongValue(name, value, f"{command[0]} is no program this user may run")
            return {"command": command}
        parts = self.url(name, {"clamd"}, "clamd://host:3310")
        assert parts is not None
        if not parts.hostname and len(parts.path) < 2:
            raise WrongValue(name, value, f"it names no host; {example}")
        if parts.hostname:
            return {"host": parts.hostname, "port": parts.port or 3310}
        return {"path": unquote(parts.path)}

    def secret_key(self, name: str, *, var: Path, embedded: bool) -> str:
        """The signing key: given, or for the embedded set-up made once and kept under var/."""
        value = self.text(name)
        if value and len(value) < 50:
            raise WrongValue(name, "*" * len(value), "write at least 50 random characters")
        if value:
            return value
        if not embedded:
            allowed = "with DATABASE_URL set it must be given; write at least 50 random characters"
            raise WrongValue(name, "", allowed)
        return kept_secret(var / "secret_key")


def broker_url(redis_url: str) -> str:
    """The same server in Celery's spelling, which differs for unix sockets."""
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)


def kept_secret(path: Path) -> str:
    """The secret in the file, made on first use; the first of two makers wins."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(48))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text().strip()
    except OSError as error:
        allowed = f"{error.strerror}; write a folder this user may write to"
        raise WrongValue("LEADFLOW_VAR", str(path.parent), allowed) from None
