"""
Any row of the register, changed in any column, removed or forged by whoever owns the database; and what is then named.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from traceback import clear_frames

from django.db import IntegrityError, models, transaction

from feedback import heads
from feedback.models import Entry, Event, Head, Passage, Standing
from feedback.published import name_of
from feedback.verification import Broken
from tests.feedback.tampering import settle, sql

TABLES = (Entry, Event, Passage, Standing, Head)

# What can be changed and is not found, and why.
NOT_FOUND = {
    "feedback_passage.id": "names nothing: a text is known by its event and its name there",
    "feedback_head.id": "names nothing: a head is known by its epoch and its size",
    "feedback_head.signed_at": "nothing that the signature vouches for, and the heads' page does not go by it",
    "feedback_entry.suspected_spam": "a guess of the portal's about the sender, who may read the first event",
}


def columns() -> list[tuple[type[models.Model], models.Field]]:
    fields = ((model, field) for model in TABLES for field in model._meta.concrete_fields)
    return [(model, field) for model, field in fields if f"{model._meta.db_table}.{field.column}" not in NOT_FOUND]


def ways() -> list[tuple]:
    return [
        *((change, *place) for place in columns()),
        *((remove, model) for model in TABLES),
        *((forge, model) for model in TABLES),
    ]


def tamper_with_one(random: Random) -> None:
    """One of all that can be done, to one of the rows there are."""
    way, *place = random.choice(ways())
    if place[0].objects.exists():
        way(random, *place)


def change(random: Random, model: type[models.Model], field: models.Field) -> None:
    row = chosen(random, model)
    names = names_of(row)
    table, key = model._meta.db_table, model._meta.pk.column
    with undone(model):
        for value in values(random, field):
            try:
                [(new,)] = sql(f"UPDATE {table} SET {field.column} = {value} WHERE {is_row(row)} RETURNING {key}")
                break
            except IntegrityError:
                continue
        # One that is now called something else may be named by that.
        names |= own_names(model.objects.get(pk=new))
        expect(names, f"{row!r}, {field.name}: {value}")


def remove(random: Random, model: type[models.Model]) -> None:
    row = chosen(random, model)
    names = names_of(row)
    with undone(model):
        sql(f"DELETE FROM {model._meta.db_table} WHERE {is_row(row)}")
        expect(names, f"{row!r} is removed")


def forge(random: Random, model: type[models.Model]) -> None:
    """A row like another, where there is room for it."""
    row = chosen(random, model)
    new, names = FORGED[model](row)
    old = [field.column for field in model._meta.concrete_fields if field.column not in new and field.column != "id"]
    table = model._meta.db_table
    with undone(model):
        sql(
            f"INSERT INTO {table} ({', '.join([*new, *old])}) SELECT {', '.join([*new.values(), *old])}"
            f" FROM {table} WHERE {is_row(row)}"
        )
        expect(names, f"{row!r} is forged")


FORGED = {
    Entry: lambda row: (
        {"series": "'XX'", "number": "1", "token": "token || 'x'"},
        {f"XX {row.year}/1"},
    ),
    Event: lambda row: ({"sequence": str(heads.size_now())}, {f"Event {heads.size_now()}"}),
    Passage: lambda row: ({"name": "'more'"}, {f"Event {row.event_id}"}),
    Standing: lambda row: ({"entry_id": "entry_id + 1000"}, {f"entry {row.pk + 1000}"}),
    Head: lambda row: ({"size": "size + 1000"}, {f"head of {row.size + 1000} events"}),
}


def chosen(random: Random, model: type[models.Model]) -> models.Model:
    return random.choice(model.objects.order_by("pk"))


def is_row(row: models.Model) -> str:
    return f"{row._meta.pk.column} = {row.pk}"


def values(random: Random, field: models.Field) -> list[str]:
    """What else could stand in a column, by chance; the next of them where an index does not let it."""
    name = field.column
    match field:
        case models.BooleanField():
            return [f"NOT {name}"]
        case models.DateTimeField():
            return [f"coalesce({name} + interval '1 microsecond', now())"]
        case models.DateField():
            return [f"{name} + 1"]
        case models.JSONField():
            return [f"{name} || '{{\"more\": 1}}'"]
        case models.BinaryField():
            byte = random.randrange(32)
            return [f"set_byte({name}, {byte}, 255 - get_byte({name}, {byte}))"]
        case models.CharField() if field.choices:
            others = random.sample(field.choices, len(field.choices))
            return [f"CASE {name} WHEN '{others[0][0]}' THEN '{others[1][0]}' ELSE '{others[0][0]}' END"]
        case models.CharField() | models.TextField():
            return [random.choice((f"{name} || ' '", f"'x' || substr({name}, 2)"))]
    return [f"coalesce({name} + {more}, 7)" for more in (random.choice((1, -1, 1000)), 1000)]


def names_of(row: models.Model) -> set[str]:
    """What somebody could call the row by."""
    match row:
        case Passage():
            return names_of(row.event)
        case Event():
            return own_names(row) | ({str(row.entry)} if row.entry else set())
        case Entry():
            return own_names(row) | {f"Event {number}" for number in row.events.values_list("pk", flat=True)}
        case Standing():
            return {str(row.entry)}
    return own_names(row)


def own_names(row: models.Model) -> set[str]:
    """By what stands in the row alone, since what that leads to may not be there."""
    match row:
        case Passage():
            return {f"Event {row.event_id}"}
        case Event():
            return {f"Event {row.pk}"}
        case Entry():
            return {str(row)}
        case Standing():
            return {f"entry {row.pk}"}
    return {f"head of {row.size} events", name_of(row.epoch, row.size)}


@contextmanager
def undone(model: type[models.Model]) -> Iterator[None]:
    """Nothing guards the table, and afterwards nothing has happened."""
    settle()
    with transaction.atomic():
        sql(f"ALTER TABLE {model._meta.db_table} DISABLE TRIGGER ALL")
        if model is Entry:
            sql("ALTER TABLE feedback_entry DROP CONSTRAINT feedback_entry_year_is_that_of_receipt")
        yield
        transaction.set_rollback(True)


def expect(names: set[str], what: str) -> None:
    said = verified()
    assert any(re.search(rf"{re.escape(name)}(?!\d)", said) for name in names), (
        f"{what}: one of {names} should be named. {said or 'It holds.'}"
    )


def verified() -> str:
    """What is said to be broken. The error holds cursors open, which have to go before the transaction does."""
    try:
        heads.verify()
    except Exception as error:
        said = str(error) if isinstance(error, Broken) else f"It fails: {error!r}"
        while error:
            clear_frames(error.__traceback__)
            error = error.__context__
        return said
    return ""
