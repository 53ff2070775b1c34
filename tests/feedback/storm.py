"""
A storm over a portal of its own: people report and registrars work, all at once, while its web servers, its worker, its
database and its mail server are killed and started again. What each of them was told is kept, for after_storm.py to
compare with the register.
"""

import http.client
import json
import random
import re
import string
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from urllib.parse import urlencode, urljoin, urlsplit

import psycopg

from tests.feedback.after_storm import PASSWORD, REGISTRARS
from tests.feedback.storm_portal import PATIENCE, Portal, wait_until

INBOX = "/en/admin/feedback/entry/"
SENDERS = 16
# How many answers never reach who asked, whatever was done
LOST = 0.1


@dataclass
class Deed:
    """
    What a registrar tried with an entry, of which they had seen the event `seen` last. `mark` are words that nobody
    else writes. `outcome` is "done", "refused", or "perhaps": refused after a try whose answer was lost.
    """

    by: str
    entry: int
    kind: str
    seen: int
    mark: str = ""
    closes: bool = False
    outcome: str = ""


@dataclass
class Told:
    """What people were told. `shown` is the text by number; `sent` all texts that were sent at all, with addresses."""

    sent: dict[str, str] = field(default_factory=dict)
    shown: list[tuple[str, str]] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    heads: set[str] = field(default_factory=set)
    unexpected: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    moments: list[float] = field(default_factory=list)

    @property
    def longest_silence(self) -> float:
        """Between two reports that were received, whoever sent them."""
        return max((after - before for before, after in pairwise(sorted(self.moments))), default=0)


# Those who use it.


@dataclass(frozen=True)
class Answer:
    """Status 0: none came."""

    status: int
    location: str = ""
    text: str = ""

    @property
    def is_broken(self) -> bool:
        return self.status in (0, 503)


class Person:
    """Somebody with a browser, who tries again what got no answer."""

    def __init__(self, portal: Portal, address: str, told: Told | None = None) -> None:
        self.portal, self.address, self.told = portal, address, told
        self.cookies: dict[str, str] = {}

    def ask_once(self, port: int, method: str, address: str, data: dict | None = None) -> Answer:
        headers = {"X-Forwarded-For": self.address}
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            asked.request(method, address, None if data is None else urlencode(data), headers)
            if self.told and random.random() < LOST:
                time.sleep(random.uniform(0, 0.1))
                return Answer(0)
            response = asked.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException):
            return Answer(0)
        finally:
            asked.close()
        for line in response.headers.get_all("Set-Cookie", []):
            name, _sign, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(response.status, response.headers.get("Location", ""), text)

    def ask(self, method: str, address: str, data: dict | None = None, *, tries: int = 10_000) -> tuple[Answer, int]:
        """The first answer that is one, and how many tries had none."""
        ends_at = time.monotonic() + PATIENCE
        for broken in range(tries):
            answer = self.ask_once(random.choice(self.portal.ports), method, address, data)
            if not answer.is_broken:
                return answer, broken
            self.told.happened["no answer" if answer.status == 0 else "refused by 503"] += 1
            if time.monotonic() > ends_at:
                break
            time.sleep(random.uniform(0.05, 0.2))
        return answer, tries

    def expect(self, answer: Answer, wanted: int, what: str) -> bool:
        """What is neither that nor no answer at all must not happen."""
        if answer.status != wanted and not answer.is_broken:
            reason = re.search(r"(?s)<title>(.*?)</title>", answer.text)
            said = f"{answer.status} {answer.location} {reason[1].strip() if reason else ''}"
            self.told.unexpected.append(f"{what}: {said}")
        return answer.status == wanted


class Sender(Person):
    """Reports until the storm is over. Every tenth report that gets no answer is left at that."""

    def work(self, done: threading.Event) -> None:
        page, _broken = self.ask("GET", "/om/")
        form = read_report_form(page.text)
        while not done.is_set():
            text = f"Fel som {letters()} har hittat"
            mail = f"{letters()}@example.com" if random.random() < 0.5 else ""
            self.told.sent[text] = mail
            tries = 1 if random.random() < 0.1 else 10_000
            data = form | {"message": text, "email": mail}
            answer, broken = self.ask("POST", "/meddela-fel/", data, tries=tries)
            if not self.expect(answer, 303, "a report"):
                self.told.given_up.append(text)
                continue
            self.told.moments.append(time.monotonic())
            self.told.happened["reports that took more than one try"] += bool(broken)
            receipt, _broken = self.ask("GET", answer.location)
            if self.expect(receipt, 200, "a receipt") and text in receipt.text:
                self.told.shown.append((re.search(r"FEL \d{4}/\d+", receipt.text)[0], text))
            else:
                self.told.unexpected.append(f"the receipt of “{text}” does not show it")


class Registrar(Person):
    """Takes one of the first entries of the inbox, as all others do, and does something with it."""

    def __init__(self, portal: Portal, address: str, told: Told, name: str) -> None:
        super().__init__(portal, address, told)
        self.name = name

    def work(self, done: threading.Event) -> None:
        self.log_in()
        while not done.is_set():
            inbox, _broken = self.ask("GET", INBOX)
            if not self.expect(inbox, 200, "the inbox"):
                continue
            entries = list(dict.fromkeys(re.findall(rf"{INBOX}(\d+)/change/", inbox.text)))[:6]
            if not entries:
                time.sleep(0.2)
                continue
            entry = int(random.choice(entries))
            screen, _broken = self.ask("GET", f"{INBOX}{entry}/change/")
            if self.expect(screen, 200, "an entry's screen"):
                self.do_something(entry, screen.text)

    def log_in(self) -> None:
        address = "/en/admin/login/"
        self.ask("GET", address)
        data = {"username": self.name, "password": PASSWORD, "next": INBOX}
        answer, _broken = self.ask("POST", address, self.signed(data))
        self.expect(answer, 302, "logging in")

    def do_something(self, entry: int, screen: str) -> None:
        seen = int(re.findall(r'name="seen" value="(\d+)"', screen)[0])
        deeds = [self.answer] * 4 + [self.take] * 2 + [self.mark, self.release, self.close]
        deed = random.choice(deeds)
        if f"{INBOX}{entry}/{deed.__name__}/" in screen:
            deed(Deed(self.name, entry, "", seen))

    def answer(self, deed: Deed) -> None:
        deed.kind, deed.mark, deed.closes = "answered", f"Hej!\n\nTack, {letters()}.\n", random.random() < 0.7
        form, _broken = self.ask("GET", f"{INBOX}{deed.entry}/answer/")
        if self.expect(form, 200, "the screen of answers") and 'name="seen"' in form.text:
            deed.seen = int(re.search(r'name="seen" value="(\d+)"', form.text)[1])
            do = "send_and_close" if deed.closes else "send"
            self.try_to(deed, "answer", {"subject": "Svar", "text": deed.mark, "do": do}, refused=200)

    def take(self, deed: Deed) -> None:
        deed.kind = "assigned"
        self.try_to(deed, "take", {}, refused=409)

    def mark(self, deed: Deed) -> None:
        deed.kind, deed.mark = "marked_secret", f"Nämnden {letters()}"
        said = {"provision": "21 kap. 1 § OSL", "decided_on": "2026-01-07", "authority": deed.mark}
        self.try_to(deed, "mark", said, refused=409)

    def release(self, deed: Deed) -> None:
        deed.kind = "released"
        preview, _broken = self.ask("POST", f"{INBOX}{deed.entry}/release/", self.signed({"action": "preview"}))
        if not self.expect(preview, 200, "the preview of a release"):
            return
        previewed = re.search(r'name="previewed" value="(\w+)"', preview.text)
        if previewed:
            self.try_to(deed, "release", {"action": "release", "previewed": previewed[1]}, refused=200)

    def close(self, deed: Deed) -> None:
        deed.kind, deed.mark = "closed", f"För att {letters()}."
        self.try_to(deed, "close", {"button": "no_action", "reason": deed.mark}, refused=409)

    def try_to(self, deed: Deed, action: str, said: dict, *, refused: int) -> None:
        data = self.signed(said | {"seen": deed.seen})
        answer, broken = self.ask("POST", f"{INBOX}{deed.entry}/{action}/", data)
        if answer.status == 302 and urlsplit(urljoin(INBOX, answer.location)).path.startswith(INBOX):
            deed.outcome = "done"
        elif self.expect(answer, refused, f"to {action}"):
            deed.outcome = "perhaps" if broken else "refused"
        else:
            deed.outcome = "perhaps"
        self.told.deeds.append(deed)

    def signed(self, data: dict) -> dict:
        return data | {"csrfmiddlewaretoken": self.cookies.get("__Host-csrftoken", "")}


def letters() -> str:
    """A word that nobody has written before, without anything that looks like a number of somebody."""
    return "".join(random.choices(string.ascii_lowercase, k=16))


def read_report_form(page: str) -> dict[str, str]:
    """What it says in its hidden fields."""
    names = "|".join(("address", "edition", "shown_at"))
    return dict(re.findall(rf'<input type="hidden" name="({names})" value="([^"]*)"', page))


# The weather.


class Weather:
    """What is killed when. Each has its own clock, so that anything may meet anything."""

    def __init__(self, portal: Portal, told: Told, *, servers: float, worker: float, database: float) -> None:
        self.portal, self.told = portal, told
        # The seconds between two of a kind
        self.clocks = [
            (servers, self.kill_server),
            (worker, self.kill_worker),
            (database, self.kill_database),
            (1.5, self.kill_connection),
            (3, self.close_office),
        ]

    def works(self) -> list[Callable[[threading.Event], None]]:
        return [partial(self.strike, *clock) for clock in self.clocks]

    def strike(self, seconds: float, deed: Callable[[], None], done: threading.Event) -> None:
        while not done.wait(seconds * random.uniform(0.7, 1.1)):
            deed()
            self.told.heads.update(path.read_text() for path in self.portal.heads.glob("[0-9]*.txt"))

    def kill_server(self) -> None:
        """One that is up, while the other is too: or the portal would only be seen starting."""
        if all(self.portal.answers(port) for port in self.portal.ports):
            server = random.choice(self.portal.servers)
            server.kill()
            server.start()
            self.told.happened["servers killed"] += 1

    def kill_worker(self) -> None:
        """While it hands in mail, if it comes to that."""
        for _moment in range(100):
            if self.portal.office.reader.reading:
                break
            time.sleep(0.05)
        self.portal.worker.kill()
        self.portal.worker.start()
        self.told.happened["workers killed"] += 1

    def kill_database(self) -> None:
        self.portal.kill_database()
        time.sleep(random.uniform(0.1, 0.5))
        self.portal.start_database()
        self.told.happened["databases killed"] += 1

    def kill_connection(self) -> None:
        with suppress(psycopg.Error):
            self.portal.kill_connection()
            self.told.happened["connections killed"] += 1

    def close_office(self) -> None:
        self.portal.office.close()
        time.sleep(random.uniform(0.2, 1))
        self.portal.office.open()
        self.told.happened["mail servers stopped"] += 1


def storm(
    portal: Portal, seconds: float, *, enough: Callable[[Told], bool] = lambda told: True, **weather: float
) -> tuple[Told, dict]:
    """
    What people were told, and what is in the register once it is over and the worker is done. It goes on until there
    was `enough` of it, which a machine that is busy with something else takes longer for.
    """
    told = Told()
    done = threading.Event()
    people = [Sender(portal, f"192.0.2.{i + 1}", told) for i in range(SENDERS)]
    people += [Registrar(portal, f"198.51.100.{i + 1}", told, name) for i, name in enumerate(REGISTRARS)]
    failures: list[BaseException] = []

    def run(work: Callable[[threading.Event], None]) -> None:
        try:
            work(done)
        except BaseException as failure:
            failures.append(failure)
            done.set()

    works = [*Weather(portal, told, **weather).works(), *(person.work for person in people)]
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    ends_at = time.monotonic() + PATIENCE
    done.wait(seconds)
    while not (done.is_set() or enough(told) or time.monotonic() > ends_at):
        done.wait(0.2)
    done.set()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    portal.office.reader.is_calm = True
    outlive_database(portal)
    portal.stop()
    return told, json.loads(portal.run("settle").splitlines()[-1])


def outlive_database(portal: Portal) -> None:
    """The worker finds its way back to a database that was away: it sends what is due by then, and does its jobs."""
    portal.kill_database()
    time.sleep(0.5)
    portal.start_database()
    wait_until(lambda: portal.count("SELECT count(*) FROM feedback_letter WHERE state = 'waiting'") == 0)
    unsigned = "SELECT (SELECT count(*) FROM feedback_event) - (SELECT max(size) FROM feedback_head)"
    wait_until(lambda: portal.count(unsigned) == 0)
    assert portal.worker.process.poll() is None, "the worker did not outlive its database"
