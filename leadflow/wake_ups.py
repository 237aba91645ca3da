"""What wakes the workers, and how often: Celery's schedule.

What comes every few seconds has no expiry: leadflow.beat keeps the queues short, by no clock.
"""

from typing import Any

from celery.schedules import crontab

WAKE_UPS: dict[str, dict[str, Any]] = {
    "sweep": {
        "task": "sla.tasks.sweep",
        "schedule": 1.0,
        "options": {"queue": "clockwork"},
    },
    "fold_tallies": {
        "task": "sla.tasks.fold_tallies",
        "schedule": 20.0,
    },
    "relay": {
        "task": "accounts.tasks.relay",
        "schedule": 1.0,
        "options": {"queue": "clockwork"},
    },
    "call_webhooks": {
        "task": "accounts.tasks.call_webhooks",
        "schedule": 2.0,
    },
    "send_mail": {
        "task": "leads.tasks.send_mail",
        "schedule": 2.0,
    },
    "go_through_sequences": {
        "task": "leads.tasks.go_through_sequences",
        "schedule": 20.0,
    },
    "fetch_mail": {
        "task": "leads.tasks.fetch_mail",
        "schedule": 30.0,
    },
    "resume_imports": {
        "task": "leads.tasks.resume_imports",
        "schedule": 5.0,
    },
    "resume_bulk": {
        "task": "leads.tasks.resume_bulk",
        "schedule": 10.0,
    },
    "pass_on_leave": {
        "task": "leads.tasks.pass_on_leave",
        "schedule": 10.0,
    },
    "decay_scores": {
        "task": "leads.tasks.decay_scores",
        "schedule": crontab(hour=3, minute=0),
        "options": {"expires": 6 * 3600},
    },
    "score_again": {
        "task": "leads.tasks.score_again",
        "schedule": 5.0,
    },
    "tend_fields": {
        "task": "leads.tasks.tend_fields",
        "schedule": 5.0,
    },
    "propose_duplicates": {
        "task": "leads.tasks.propose_duplicates",
        "schedule": crontab(hour=3, minute=30),
        "options": {"expires": 6 * 3600},
    },
    "predict": {
        "task": "leads.tasks.predict",
        "schedule": 120.0,
    },
    "forget_imports": {
        "task": "leads.tasks.forget_imports",
        "schedule": crontab(hour=4, minute=20),
        "options": {"expires": 6 * 3600},
    },
    "erase_bin": {
        "task": "leads.tasks.erase_bin",
        "schedule": crontab(hour=4, minute=30),
        "options": {"expires": 6 * 3600},
    },
    "scan_files": {
        "task": "leads.tasks.scan_files",
        "schedule": 10.0,
    },
    "tidy_files": {
        "task": "leads.tasks.tidy_files",
        "schedule": crontab(hour=4, minute=40),
        "options": {"expires": 6 * 3600},
    },
    "forget_mail": {
        "task": "leads.tasks.forget_mail",
        "schedule": crontab(hour=4, minute=50),
        "options": {"expires": 6 * 3600},
    },
    "forget_requests": {
        "task": "accounts.tasks.forget_requests",
        "schedule": crontab(hour=4, minute=0),
        "options": {"expires": 6 * 3600},
    },
    "forget_deliveries": {
        "task": "accounts.tasks.forget_deliveries",
        "schedule": crontab(hour=4, minute=10),
        "options": {"expires": 6 * 3600},
    },
}
