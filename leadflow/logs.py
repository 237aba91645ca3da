"""Logging: structured events on standard error, without secrets. Sentry only where configured."""

import logging
import logging.config
from typing import Any

import structlog

from leadflow.environment import WrongValue, masked

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SECRET_WORDS = ("password", "secret", "token", "authorization", "api_key", "cookie")
CHATTY = ("celery", "kombu", "gunicorn", "urllib3")


def without_secrets(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Hides fields named like a secret, and passwords inside addresses."""
    for name, value in event.items():
        if any(word in name.lower() for word in SECRET_WORDS):
            event[name] = "***"
        elif isinstance(value, str) and "://" in value:
            event[name] = masked(value)
    return event


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
        sentry_sdk.init(dsn=dsn, send_default_pii=False, include_local_variables=False)
    except sentry_sdk.utils.BadDsn as error:
        raise WrongValue("SENTRY_DSN", dsn, f"{error}; write https://key@host/project") from None
