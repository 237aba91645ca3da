"""Logging: structured events on standard error, without secrets. Sentry only where configured."""

import logging
import logging.config
import re
from typing import Any

import structlog

from leadflow.environment import WrongValue, masked

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SECRET_WORDS = ("password", "secret", "token", "authorization", "api_key", "cookie")
# Whoever has one of these addresses needs no password: what follows them stands in no log.
SECRET_PATHS = re.compile(
    r"""(?<=/booked/)[^/\s?"']+|(?<=/reset/key/)[^/\s?"']+|(?<=/calendar/)[^/\s]+(?=\.ics)"""
    r"""|(?<=[?&]for=)[^&\s"']+"""
)
CHATTY = ("celery", "kombu", "gunicorn", "urllib3")


def without_secrets(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Hides fields named like a secret, passwords inside addresses, and secret addresses."""
    for name, value in event.items():
        if any(word in name.lower() for word in SECRET_WORDS):
            event[name] = "***"
        elif isinstance(value, str):
            event[name] = _without_paths(masked(value) if "://" in value else value)
    return event


def _without_paths(text: str) -> str:
    return SECRET_PATHS.sub("***", text)


def without_secret_paths(told: Any) -> Any:
    """A report, however nested, with secret addresses hidden."""
    if isinstance(told, dict):
        return {name: without_secret_paths(value) for name, value in told.items()}
    if isinstance(told, list | tuple):
        return [without_secret_paths(value) for value in told]
    return _without_paths(told) if isinstance(told, str) else told


def configure(*, level: str, as_json: bool) -> None:
    """Sends structlog's events and the libraries' own records through one formatter."""
    if level not in LEVELS:
        raise WrongValue("LOG_LEVEL", level, f"write one of {', '.join(LEVELS)}")
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    renderer: Any = structlog.processors.JSONRenderer()
    if not as_json:
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    }
    quiet = {name: {"level": "WARNING"} for name in CHATTY}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"events": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "events"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": quiet,
        }
    )


def start_sentry(dsn: str) -> None:
    """Reports errors to Sentry when SENTRY_DSN is set; without it nothing is even imported."""
    if not dsn:
        return
    import sentry_sdk

    try:
        sentry_sdk.init(
            dsn=dsn, send_default_pii=False, include_local_variables=False,
            before_send=lambda event, _hint: without_secret_paths(event),
        )  # fmt: skip
    except sentry_sdk.utils.BadDsn as error:
        raise WrongValue("SENTRY_DSN", dsn, f"{error}; write https://key@host/project") from None
