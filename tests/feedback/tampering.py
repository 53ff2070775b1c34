"""What whoever owns the database can do to the register: lift a guard, change something, and put the guard back."""

from contextlib import contextmanager

from django.db import connection, transaction

TABLES = ("entry", "event", "passage", "head", "standing")


def sql(statement: str, *values: object) -> list[tuple]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def unguarded():
    """Nothing holds: no guard, and no foreign key."""
    settle()
    for table in TABLES:
        sql(f"ALTER TABLE feedback_{table} DISABLE TRIGGER ALL")
    yield
    for table in TABLES:
        sql(f"ALTER TABLE feedback_{table} ENABLE TRIGGER ALL")
    guard()


def tamper(statement: str, *values: object) -> None:
    with unguarded():
        sql(statement, *values)


def settle() -> None:
    """What would be checked at the end of the transaction is checked now: a table can't be altered before."""
    sql("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def guard() -> None:
    """Every trigger as the migrations made it, those against TRUNCATE too, which the tests' own set-up lifts."""
    from feedback.guards import GUARDS

    settle()
    for (table, trigger), enabled in GUARDS.items():
        sql(f"ALTER TABLE {table} ENABLE {'ALWAYS ' if enabled == 'A' else ''}TRIGGER {trigger}")
