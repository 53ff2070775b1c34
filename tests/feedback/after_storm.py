"""
The two ends of a storm (storm.py), each run as a process of the portal: `prepare` makes a register with people in it,
`settle` has everything done that waits and writes what the register then says. `violations` compares.
"""

import json
import sys
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

PASSWORD = "the storm's own password"
REGISTRARS = ("anna", "bo", "cecilia", "david")
# What nobody would decide otherwise for (feedback.handling)
NO_NEWS = ("read", "sent")


def prepare() -> None:
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command

    from strategy import publishing
    from strategy.models import Node

    call_command("migrate", verbosity=0)
    start = Node.objects.add_root(create_kwargs={"kind": "start", "title": "Visioner och framtidsidéer"})
    text = {"kind": "text", "slug": "om", "title": "Om webbplatsen", "lead": "Hit når du oss."}
    Node.objects.add_child(start, create_kwargs=text)
    publishing.publish_branch(start)
    group = Group.objects.get(name="Registrars")
    for name in REGISTRARS:
        User.objects.create_user(name, password=PASSWORD, is_staff=True).groups.add(group)


def settle() -> None:
    """Nothing runs but this: so whatever was being tried is given up, and what was put off is due."""
    from django.core.management import call_command
    from django.utils.timezone import now
    from django_tasks_db.models import DBTaskResult

    from feedback import heads, mail
    from feedback.models import Letter

    mail.tidy(now() + Letter.LONGEST_TRY + timedelta(minutes=1))
    left_trying = Letter.objects.filter(state=Letter.State.TRYING).count()
    Letter.objects.waiting().update(next_at=now())
    DBTaskResult.objects.update(run_after=now())
    mail.tidy(now())
    call_command("db_worker", batch=True, startup_delay=False, reload=False, verbosity=0)
    heads.sign()
    found = heads.verify()
    register = {"left_trying": left_trying, "heads": found.heads, **read()}
    sys.stdout.write("\n" + json.dumps(register))


def read() -> dict[str, Any]:
    from feedback import mail
    from feedback.models import Entry, Event, Head, Letter

    entries = [
        {"id": e.pk, "number": e.designation, "text": e.message, "email": e.email} for e in Entry.objects.order_by("pk")
    ]
    events = [
        {
            "sequence": event.sequence,
            "entry": event.entry_id,
            "kind": event.kind,
            "by": event.by.username if event.by else "",
            "facts": event.facts,
            "passages": {passage.name: passage.text for passage in event.passages.all()},
        }
        for event in Event.objects.select_related("by").prefetch_related("passages").order_by("sequence")
    ]
    letters = [
        {
            "event": letter.pk,
            "state": letter.state,
            "message_id": mail.message_id(letter.event.entry, letter.document),
            "attempts": letter.attempts,
        }
        for letter in Letter.objects.select_related("event__entry")
    ]
    return {
        "entries": entries,
        "events": events,
        "letters": letters,
        "published": list(Head.objects.values_list("text", flat=True)),
    }


# What may never happen.


def violations(told: Any, register: dict, taken: list) -> list[str]:
    """`told` is a storm.Told, `taken` the mail that the mail server has."""
    return [
        *told.unexpected,
        *wrong_reports(told, register),
        *wrong_deeds(told, register),
        *wrong_mail(register, taken),
        *(f"a published head is not in the register: {head!r}" for head in told.heads - {*register["published"]}),
    ]


def wrong_reports(told: Any, register: dict) -> list[str]:
    entries = register["entries"]
    by_number = {entry["number"]: entry["text"] for entry in entries}
    wrong = [
        f"{number} was shown to who wrote “{text}”, and is “{by_number.get(number)}”"
        for number, text in told.shown
        if by_number.get(number) != text
    ]
    wrong += [f"{number} was shown {n} times" for number, n in Counter(n for n, _text in told.shown).items() if n > 1]
    wrong += [f"“{t}” is in {n} entries" for t, n in Counter(e["text"] for e in entries).items() if n > 1]
    wrong += [f"nobody sent “{entry['text']}”" for entry in entries if entry["text"] not in told.sent]
    numbers = defaultdict(list)
    for entry in entries:
        name, _sign, number = entry["number"].partition("/")
        numbers[name].append(int(number))
    wrong += [f"{n}: {given}" for n, given in numbers.items() if sorted(given) != [*range(1, len(given) + 1)]]
    wrong += [
        f"{entry['number']} has lost its address" for entry in entries if told.sent.get(entry["text"]) != entry["email"]
    ]
    sequences = [event["sequence"] for event in register["events"]]
    if sequences != [*range(len(sequences))]:
        wrong.append("events have gaps")
    return wrong


def wrong_deeds(told: Any, register: dict) -> list[str]:
    """
    What was acknowledged is the next thing that happened to the entry after what its registrar had seen: then nobody
    wrote over anybody. What was refused is not there, and what is there was acknowledged, or its answer was lost.
    """
    wrong, claimed = [], set()
    of_entry = defaultdict(list)
    for event in register["events"]:
        if event["kind"] not in NO_NEWS:
            of_entry[event["entry"]].append(event)
    for deed in sorted(told.deeds, key=lambda deed: deed.outcome != "done"):
        later = [event for event in of_entry[deed.entry] if event["sequence"] > deed.seen]
        found = later[:1] if later and is_of(deed, later[0]) else []
        if found and deed.closes:
            found = later[:2] if len(later) > 1 and later[1]["kind"] == "closed" else []
        if deed.outcome == "refused":
            if deed.mark and found:
                wrong.append(f"refused, and in the register: {deed}")
            continue
        ours = {event["sequence"] for event in found}
        if deed.outcome == "done" and (not ours or ours & claimed):
            wrong.append(f"acknowledged, and not in the register: {deed}")
        claimed |= ours
    wrong += [
        f"in the register, and nobody did it: {event}"
        for event in register["events"]
        if event["by"] and event["sequence"] not in claimed
    ]
    texts = Counter(event["passages"]["text"] for event in register["events"] if event["kind"] == "answered")
    wrong += [f"an answer is there {n} times: “{text}”" for text, n in texts.items() if n > 1]
    return wrong


def is_of(deed: Any, event: dict) -> bool:
    said = {**event["passages"], **event["facts"]}.values()
    return (event["kind"], event["by"]) == (deed.kind, deed.by) and (not deed.mark or deed.mark in said)


def wrong_mail(register: dict, taken: list) -> list[str]:
    """What is sent has arrived once, answers to the letter; what is perhaps sent has at most."""
    arrived = defaultdict(list)
    for message in taken:
        arrived[message["Message-ID"]].append(message)
    events = {event["sequence"]: event for event in register["events"]}
    entries = {entry["id"]: entry for entry in register["entries"]}
    wrong = [f"{register['left_trying']} letters are still being tried"] if register["left_trying"] else []
    for letter in register["letters"]:
        came = arrived.pop(letter["message_id"], [])
        allowed = {"sent": (1,), "uncertain": (0, 1)}.get(letter["state"], ())
        if len(came) not in allowed:
            wrong.append(f"{letter} arrived {len(came)} times")
        event = events[letter["event"]]
        entry = entries[event["entry"]]
        for message in came:
            said = message.get_content().replace("\r\n", "\n")
            is_right = said == event["passages"]["text"] if event["kind"] == "answered" else names(said, entry)
            if not is_right:
                wrong.append(f"{letter} says something else: {said}")
            if message["To"].addresses[0].addr_spec != entry["email"]:
                wrong.append(f"{letter} went to {message['To']}")
    wrong += [f"mail of nobody: {name}" for name in arrived]
    ordered = {letter["event"] for letter in register["letters"]}
    wrong += [
        f"no letter for {event}"
        for event in register["events"]
        if event["kind"] in ("received", "answered")
        and entries[event["entry"]]["email"]
        and event["sequence"] not in ordered
    ]
    return wrong


def names(said: str, entry: dict) -> bool:
    return f"{entry['number']}\n" in said


def main(word: str) -> None:
    import django

    django.setup()
    {"prepare": prepare, "settle": settle}[word]()


if __name__ == "__main__":
    main(sys.argv[1])
