"""
Mail, handed to the municipality's mail server once and no more.

A try is claimed before it begins. All that can go wrong until the server is ready for the text (it is away, it asks us
to wait) leaves nothing behind, so it is tried again, as often as it takes. That moment is written down before the text
is sent. If what the server says to it is lost, by a crash here or there, only a person can decide to send it again.
"""

import logging
import re
import smtplib
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core import checks
from django.db import Error, connection, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from feedback import outbox, register
from feedback.models import Entry, Event, Letter
from feedback.steps import Deed
from portal.language import in_language
from strategy.dated import clock

Problem = Letter.Problem
State = Letter.State

# After each failure, the pause before the next try; the last one from then on. Nothing is given up.
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)]
# A server may look for viruses before it answers for the text (RFC 5321, 4.5.3.2.6): how many times MAIL_TIMEOUT.
PATIENCE_FOR_TEXT = 10
# What has become of a letter is written down even if the database is away just then: for two minutes.
PAUSES_TO_RECORD = [0, 1, 2, 5, 10, 20, 40, 40]
QUIT_SECONDS = 2
# Where the demo is, unless it was told another port.
LOCAL = "http://127.0.0.1:8000"

logger = logging.getLogger("feedback.mail")


class _Failed(Exception):
    def __init__(self, problem: str, code: str = "") -> None:
        self.problem, self.code = problem, code
        super().__init__(problem)


class Later(_Failed):
    """It was not taken, and may be another time."""


class Refused(_Failed):
    """It was not taken, and never will be."""


class Lost(_Failed):
    """Nobody knows whether it was taken."""


class Overtaken(Exception):
    """The try took so long that somebody else has begun another."""


class Gone(Exception):
    """What was to be sent is disposed of."""


def send(letter_id: int) -> None:
    """
    One try, if the letter is due. Never raises anything that tells what is in it: the queue keeps what is raised.
    """
    try:
        _send(letter_id)
    except Error as error:
        logger.error("Letter %s: the database failed (%s)", letter_id, type(error).__name__)


def tidy(moment: datetime) -> None:
    """What crashes have left: tries without an end, and letters that are in no queue."""
    for letter in Letter.objects.abandoned(moment):
        _abandon(letter.pk, moment)
    outbox.put_back(moment)


def message_id(entry: Entry, document: int) -> str:
    """Known before it is sent, so that what is sent again is the same message to whoever looks."""
    name = f"{quote(entry.series.lower())}-{entry.year}-{entry.number}-{document}"
    return f"<{name}@{_domain(settings.MAIL_FROM)}>"


def _send(letter_id: int) -> None:
    letter = _claim(letter_id)
    if letter is None:
        return
    try:
        if _is_of_an_older_copy(letter):
            raise Lost(Problem.UNCERTAIN)
        _hand_in(_compose(letter), lambda: _mark_handed_over(letter))
    except Gone:
        letter.delete()
    except Overtaken:
        logger.warning("Letter %s took too long, and another try has begun", letter.pk)
    except Later as later:
        _settle(letter, State.WAITING, later)
    except Refused as refused:
        _settle(letter, State.REFUSED, refused)
    except Lost as lost:
        _settle(letter, State.UNCERTAIN, lost)
    except Exception as error:
        # Without its words, which may be the letter's.
        logger.error("Letter %s: %s", letter.pk, type(error).__name__)
        if letter.handed_over_at:
            _settle(letter, State.UNCERTAIN, Lost(Problem.UNCERTAIN))
        else:
            _settle(letter, State.WAITING, Later(Problem.INSIDE))
    else:
        _settle(letter, State.SENT)


@transaction.atomic
def _claim(letter_id: int) -> Letter | None:
    # An older copy of the register holds letters that were sent since: nothing gets past this before it is recovered.
    register.wait_for_turn()
    moment = clock()
    due = Letter.objects.due(moment).select_for_update(skip_locked=True, of=("self",))
    letter = due.filter(pk=letter_id).select_related("event__entry").first()
    if letter is None:
        return None
    letter.state, letter.claimed_at, letter.attempts = State.TRYING, moment, letter.attempts + 1
    letter.save()
    return letter


def _is_of_an_older_copy(letter: Letter) -> bool:
    """Whether it may have been sent in the time that a recovered register does not know of. A person may know."""
    return letter.by_id is None and Event.objects.filter(kind=Deed.RECOVERED, sequence__gt=letter.pk).exists()


def _mark_handed_over(letter: Letter) -> None:
    """Only one try gets past this: the one that holds the claim."""
    moment = clock()
    mine = Letter.objects.filter(pk=letter.pk, state=State.TRYING, claimed_at=letter.claimed_at)
    if not mine.update(handed_over_at=moment):
        raise Overtaken
    letter.handed_over_at = moment


def _settle(letter: Letter, state: str, failed: _Failed | None = None) -> None:
    """Write down what became of it, and go on trying to for a while."""
    for pause in PAUSES_TO_RECORD:
        time.sleep(pause)
        try:
            _write_down(letter, state, failed)
        except Error as error:
            logger.warning("Letter %s is %s, not yet written down (%s)", letter.pk, state, type(error).__name__)
            connection.close()
        else:
            return
    logger.error("Letter %s is %s, and it could not be written down", letter.pk, state)


@transaction.atomic
def _write_down(claimed: Letter, state: str, failed: _Failed | None) -> None:
    register.wait_for_turn()
    letter = Letter.objects.select_for_update().filter(pk=claimed.pk, claimed_at=claimed.claimed_at).first()
    # What was sent was sent, if somebody has given it up meanwhile too.
    if letter is None or (letter.state != State.TRYING and (state, letter.state) != (State.SENT, State.UNCERTAIN)):
        return
    letter.problem, letter.code = (failed.problem, failed.code) if failed else ("", "")
    if state == State.WAITING:
        pause = PAUSES[min(letter.attempts, len(PAUSES)) - 1]
        outbox.put_off(letter, clock() + pause)
        return
    letter.state = state
    letter.save()
    _record(letter)


def _record(letter: Letter) -> None:
    entry = letter.event.entry
    facts = {"document": letter.document}
    if letter.state == State.SENT:
        deed, facts = Deed.SENT, facts | {"message_id": message_id(entry, letter.document)}
    else:
        deed, facts = Deed.NOT_SENT, facts | {"problem": letter.problem}
        if letter.code:
            facts["code"] = letter.code
    try:
        register.record(entry, deed, by=letter.by, facts=facts)
    except register.Refused:
        # It is disposed of, and there is nothing more to tell.
        letter.delete()


@transaction.atomic
def settle_as_sent(letter: Letter, by: AbstractBaseUser) -> bool:
    """Somebody knows that it has arrived. False if another dealt with it first."""
    register.wait_for_turn()
    letter = Letter.objects.needing_a_person().select_for_update().filter(pk=letter.pk).first()
    if letter is None:
        return False
    letter.state, letter.problem, letter.code, letter.by = State.SENT, "", "", by
    letter.save()
    _record(letter)
    return True


@transaction.atomic
def _abandon(letter_id: int, moment: datetime) -> None:
    register.wait_for_turn()
    letter = Letter.objects.abandoned(moment).select_for_update().filter(pk=letter_id).first()
    if letter is None:
        return
    if letter.handed_over_at is None:
        outbox.put_off(letter, moment)
        return
    letter.state, letter.problem = State.UNCERTAIN, Problem.UNCERTAIN
    letter.save()
    _record(letter)


# What it says.


def _compose(letter: Letter) -> EmailMessage:
    event, entry = letter.event, letter.event.entry
    if event.kind == Deed.ANSWERED:
        passages = dict(event.passages.values_list("name", "text"))
        language = event.facts.get("language", entry.language)
    else:
        passages, language = _receipt(entry), entry.language
    if not (passages.get("to") and passages.get("text")):
        raise Gone
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(settings.SITE_NAME, addr_spec=settings.MAIL_FROM)
        message["Reply-To"] = Address(settings.SITE_NAME, addr_spec=settings.MAIL_REPLY_TO)
        message["To"] = Address(addr_spec=_in_ascii(passages["to"]))
    except ValueError as error:
        raise Refused(Problem.NO_ADDRESS) from error
    message["Subject"] = passages["subject"]
    message["Date"] = event.at
    message["Message-ID"] = message_id(entry, letter.document)
    if event.kind == Deed.RECEIVED:
        # No machine is to answer it (RFC 3834).
        message["Auto-Submitted"] = "auto-replied"
    else:
        message["In-Reply-To"] = message["References"] = message_id(entry, 1)
    # In a coding that no mail server on the way has a reason to touch
    message.set_content(passages["text"], cte="base64")
    message["Content-Language"] = language
    return message


def _receipt(entry: Entry) -> dict[str, str]:
    with override(entry.language):
        origin = settings.SITE_URL or LOCAL
        context = {"entry": entry, "url": receipt_url(entry), "page_url": origin + entry.address, "site": settings}
        return {
            "to": entry.email,
            "subject": _("We have received your message: %(number)s") % {"number": entry.designation},
            "text": render_to_string("feedback/mail/receipt.txt", context).strip() + "\n" if entry.message else "",
        }


def receipt_url(entry: Entry) -> str:
    origin = settings.SITE_URL or LOCAL
    address = reverse("receipt", kwargs={"token": entry.token})
    return f"{origin}{in_language(address, entry.language)}"


def _in_ascii(address: str) -> str:
    """
    Names of hosts as mail servers write them (IDNA). ValueError for one that Python would write as another (ß as ss),
    and for what is no name of a host: mail goes to nobody who was not asked for.
    """
    name, _at, domain = address.rpartition("@")
    written = domain.encode("idna")
    if not name.strip('"') or domain.startswith("[") or written.decode("idna") != domain.lower():
        raise ValueError(f"It is not the address of a person at a host: {len(address)} signs.")
    return f"{name}@{written.decode()}"


def _domain(address: str) -> str:
    return address.rpartition("@")[2] or "localhost"


# How it leaves.


def _hand_in(message: EmailMessage, hand_over: Callable[[], None]) -> None:
    """Returns when the server has taken it. `hand_over` is called when it is ready to."""
    if settings.MAIL_FOLDER:
        hand_over()
        _put_in_folder(message, Path(settings.MAIL_FOLDER))
        return
    if not settings.MAIL_HOST:
        raise Later(Problem.NO_SERVER)
    server = _connected()
    try:
        _offer(server, message)
        hand_over()
        _hand_over(server, message)
    finally:
        with suppress(OSError):
            if server.sock:
                server.sock.settimeout(QUIT_SECONDS)
            server.quit()
        server.close()


def _connected() -> smtplib.SMTP:
    name = _domain(settings.MAIL_FROM)
    place = {"host": settings.MAIL_HOST, "port": settings.MAIL_PORT, "local_hostname": name}
    server = None
    try:
        if settings.MAIL_SECURITY == "tls":
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(**place, timeout=settings.MAIL_TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(**place, timeout=settings.MAIL_TIMEOUT)
        if settings.MAIL_SECURITY == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.MAIL_USER:
            server.login(settings.MAIL_USER, settings.MAIL_PASSWORD)
        server.ehlo_or_helo_if_needed()
    except OSError as error:
        if server:
            server.close()
        raise _problem_of(error) from error
    return server


def _problem_of(error: OSError) -> Later:
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 400:
        return _not_let_in(error.smtp_code, error.smtp_error)
    is_barred = isinstance(error, ssl.SSLError | smtplib.SMTPNotSupportedError)
    return Later(Problem.NOT_LET_IN if is_barred else Problem.UNREACHABLE)


def _offer(server: smtplib.SMTP, message: EmailMessage) -> None:
    """Up to where the server is ready for the text. Whatever happens here, it has taken nothing."""
    try:
        code, said = server.mail(settings.MAIL_FROM)
        if code != 250:
            raise _not_let_in(code, said)
        _judge(*server.rcpt(message["To"].addresses[0].addr_spec))
        _judge(*server.docmd("DATA"))
    except OSError as error:
        raise _problem_of(error) from error


def _hand_over(server: smtplib.SMTP, message: EmailMessage) -> None:
    text = re.sub(rb"(?m)^\.", b"..", message.as_bytes())
    try:
        server.send(text + b".\r\n")
        server.sock.settimeout(settings.MAIL_TIMEOUT * PATIENCE_FOR_TEXT)
        code, said = server.getreply()
    except OSError as error:
        raise Lost(Problem.UNCERTAIN) from error
    if not 200 <= code < 300 and not 400 <= code < 600:
        raise Lost(Problem.UNCERTAIN)
    _judge(code, said)


def _judge(code: int, said: bytes) -> None:
    """What a server says of a letter: of whom it is to, or of its text."""
    if 500 <= code < 600:
        raise Refused(Problem.REFUSED, _code(code, said))
    if not 200 <= code < 400:
        raise Later(Problem.LATER, _code(code, said))


def _not_let_in(code: int, said: bytes | str) -> Later:
    """What a server says of the portal, or of whom its mail is from: not the fault of any letter."""
    return Later(Problem.NOT_LET_IN if code >= 500 else Problem.LATER, _code(code, said))


def _code(code: int, said: bytes | str) -> str:
    """`550 5.1.1`: what was said, without words that may tell whose address it is."""
    words = said if isinstance(said, str) else said.decode(errors="replace")
    detail = re.match(r"[245]\.\d{1,3}\.\d{1,3}\b", words)
    return f"{code} {detail[0]}" if detail else f"{code}"


def _put_in_folder(message: EmailMessage, folder: Path) -> None:
    """The demo's mail, to be read and sent to nobody (REC-13)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = message["Message-ID"].strip("<>").partition("@")[0]
    draft = folder / f".{name}"
    draft.write_bytes(message.as_bytes())
    draft.rename(folder / f"{name}.eml")


def check_mail(app_configs: object, **kwargs: object) -> list[checks.CheckMessage]:
    if not settings.MAIL_HOST:
        text = "MAIL_HOST is not set: receipts and answers wait, and reach nobody by mail."
        return [checks.Warning(text, id="feedback.W001")]
    if settings.MAIL_PASSWORD and settings.MAIL_SECURITY == "none":
        text = "MAIL_SECURITY is none: the password to the mail server is sent so that others can read it."
        return [checks.Warning(text, id="feedback.W002")]
    return []
