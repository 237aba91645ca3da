"""Celery's way to the slow work of leads."""

import subprocess
import sys

import structlog
from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from accounts.instants import database_now
from leads import erasing, rescoring, standing_in
from leads.bulk import running as bulk_running
from leads.custom_fields import tending
from leads.files import keeping, scanning
from leads.imports import running, storing
from leads.mail import forgetting, mailbox, sending
from leads.prediction.due import is_due
from leads.sequences import running as sequences

log = structlog.get_logger(__name__)

LONGEST_LOOK = 300  # into the mailbox; whichever mail is at hand then is set aside
LONGEST_PREDICTING = 30 * 60  # seconds
LONGEST_LOOKING = 2 * 3600  # for duplicates


@shared_task(name="leads.tasks.decay_scores", ignore_result=True)
def decay_scores() -> None:
    """Let engagement fade: rescore every lead that marketing or sales may still work."""
    log.info("scores_decayed", changed=rescoring.rescore(at=database_now()))


@shared_task(name="leads.tasks.score_again", ignore_result=True)
def score_again() -> None:
    """Take up the run that applies new rules to every lead, if one waits."""
    run = rescoring.go_on(at=database_now())
    if run is not None:
        log.info("scored_again", version=run.version, leads=run.done, changed=run.changed)


@shared_task(name="leads.tasks.predict", ignore_result=True)
def predict() -> None:
    """Predict in a process of its own: what it loads is given back when it ends."""
    if is_due(at=database_now()):
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "predict"]
        done = subprocess.run(  # noqa: S603 (nothing in it comes from outside)
            command, capture_output=True, text=True, timeout=LONGEST_PREDICTING, check=False
        )
        log.info("predicted", status=done.returncode, said=(done.stdout or done.stderr)[-300:])


@shared_task(name="leads.tasks.propose_duplicates", ignore_result=True)
def propose_duplicates() -> None:
    """Look for duplicates in a process of its own, for the same reason."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "propose_duplicates"]
    done = subprocess.run(  # noqa: S603 (nothing in it comes from outside)
        command, capture_output=True, text=True, timeout=LONGEST_LOOKING, check=False
    )
    said = (done.stdout or done.stderr)[-300:]
    log.info("duplicates_proposed", status=done.returncode, said=said)


@shared_task(name="leads.tasks.run_import", ignore_result=True)
def run_import(pk: int) -> None:
    """Work at one import or its undoing, for a turn when others wait."""
    if not running.run(pk, at=database_now()):
        run_import.delay(pk)


def wake_import(pk: int) -> None:
    """Let a worker begin now; without a broker it begins when beat has one again."""
    try:
        run_import.apply_async([pk], retry=False)
    except OperationalError as error:
        log.warning("import_not_woken", id=pk, error=str(error))


@shared_task(name="leads.tasks.run_bulk", ignore_result=True)
def run_bulk(pk: int) -> None:
    """Go on with what is done to many leads, for a turn."""
    if not bulk_running.go_on(pk):
        run_bulk.delay(pk)


def wake_bulk(pk: int) -> None:
    """Let a worker begin now; without a broker it begins when beat has one again."""
    try:
        run_bulk.apply_async([pk], retry=False)
    except OperationalError as error:
        log.warning("bulk_not_woken", id=pk, error=str(error))


@shared_task(name="leads.tasks.resume_bulk", ignore_result=True)
def resume_bulk() -> None:
    """Go on with what no worker is at any more: the rows say what is under way."""
    for pk in bulk_running.waiting():
        run_bulk(pk)


@shared_task(name="leads.tasks.forget_imports", ignore_result=True)
def forget_imports() -> None:
    """Erase the files of imports long over."""
    log.info("imports_forgotten", count=storing.forget(at=database_now()))


@shared_task(name="leads.tasks.erase_bin", ignore_result=True)
def erase_bin() -> None:
    """Erase for good what was in the bin long enough."""
    log.info("bin_erased", leads=erasing.erase(at=database_now()))


@shared_task(name="leads.tasks.resume_imports", ignore_result=True)
def resume_imports() -> None:
    """Wake whatever no worker is at: the rows say what is under way, not the broker."""
    for pk in running.waiting(at=database_now()):
        run_import.apply_async([pk], expires=running.LEASE.total_seconds())


@shared_task(name="leads.tasks.send_mail", ignore_result=True)
def send_mail() -> None:
    """Send what was written to leads; not beside the sweep, which a slow server would hold up."""
    sent = sending.deliver(at=database_now())
    if sent:
        log.info("mail_sent", count=sent)


@shared_task(name="leads.tasks.go_through_sequences", ignore_result=True)
def go_through_sequences() -> None:
    """Write the e-mails of sequences that are due: the rows say which, not the broker."""
    written = sequences.send_due(at=database_now())
    if written:
        log.info("sequence_mail_written", count=written)


@shared_task(name="leads.tasks.fetch_mail", ignore_result=True, soft_time_limit=LONGEST_LOOK)
def fetch_mail() -> None:
    """Take in what leads answered, where a mailbox is named."""
    taken = mailbox.fetch(at=database_now()) if settings.IMAP else 0
    if taken:
        log.info("mail_taken_in", count=taken)


@shared_task(name="leads.tasks.tend_fields", ignore_result=True)
def tend_fields() -> None:
    """Turn over or erase the values of fields of one's own, where there are many."""
    tending.tend(at=database_now())


@shared_task(name="leads.tasks.scan_files", ignore_result=True)
def scan_files() -> None:
    """Have files scanned for viruses, where a scanner is named."""
    scanned = scanning.scan(at=database_now())
    if scanned:
        log.info("files_scanned", count=scanned)


def wake_scan() -> None:
    """Let a worker begin now; without a broker it begins when beat has one again."""
    if settings.VIRUS_SCANNER is None:
        return
    try:
        scan_files.apply_async(retry=False)
    except OperationalError as error:
        log.warning("scan_not_woken", error=str(error))


@shared_task(name="leads.tasks.tidy_files", ignore_result=True)
def tidy_files() -> None:
    """Erase files removed long enough ago, and bytes that no row knows."""
    erased, unknown = keeping.tidy(at=database_now())
    log.info("files_tidied", erased=erased, unknown=unknown)


@shared_task(name="leads.tasks.forget_mail", ignore_result=True)
def forget_mail() -> None:
    """Erase mails that could not be read and that nobody has looked after."""
    log.info("mail_forgotten", count=forgetting.forget(at=database_now()))


@shared_task(name="leads.tasks.pass_on_leave", ignore_result=True)
def pass_on_leave() -> None:
    """Give deputies what is open of those whose leave has begun."""
    standing_in.pass_on_due(at=database_now())


def wake_leave() -> None:
    """Let a worker do so now; without a broker it is done when beat has one again."""
    try:
        pass_on_leave.apply_async(retry=False)
    except OperationalError as error:
        log.warning("leave_not_woken", error=str(error))
