"""
Whether the database still refuses what the migrations taught it to refuse: each trigger is there, is enabled, asks what
it was made to ask, and so does every function of the register.

What they should be is read from the migrations themselves, the last one that made each: there is no second copy of it
that could be forgotten.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import RunSQL
from django.db.migrations.executor import MigrationExecutor

# "A" is ALWAYS: for a session that pretends to be a replica, too.
GUARDS = {
    ("feedback_entry", "feedback_entry_kept"): "A",
    ("feedback_entry", "feedback_entry_begun"): "A",
    ("feedback_entry", "feedback_entry_no_truncate"): "O",
    ("feedback_event", "feedback_event_kept"): "A",
    ("feedback_event", "feedback_event_whole"): "A",
    ("feedback_event", "feedback_event_no_truncate"): "O",
    ("feedback_head", "feedback_head_kept"): "A",
    ("feedback_head", "feedback_head_no_truncate"): "O",
    ("feedback_passage", "feedback_passage_kept"): "A",
    ("feedback_passage", "feedback_passage_no_truncate"): "O",
}
# All of the register's own, and the one of every table that is never emptied.
_FUNCTION_NAMES = re.compile(r"feedback_\w+|refuse_truncate")
_FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION (\w+)\((.*?)\) RETURNS (.*?) AS \$\$(.*?)\$\$", re.DOTALL)
_TRIGGER = re.compile(r"CREATE (?:CONSTRAINT )?TRIGGER (feedback_\w+) [^;]*;")

TRIGGERS = """
SELECT tgrelid::regclass::text, tgname::text, tgenabled::text, pg_get_triggerdef(oid, true)
FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'feedback\\_%'
ORDER BY 1, 2
"""
FUNCTIONS = """
SELECT proname::text, prosrc, prosecdef OR proconfig IS NOT NULL
FROM pg_proc WHERE proname LIKE 'feedback\\_%' OR proname = 'refuse_truncate'
ORDER BY 1
"""


def problems(using: str = "default") -> Iterator[str]:
    """What would not refuse what it is there to refuse: a sentence for each."""
    connection = connections[using]
    functions, triggers = _made(connection)
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        found = {(table, name): (enabled, _words(made)) for table, name, enabled, made in cursor.fetchall()}
        cursor.execute(FUNCTIONS)
        there = cursor.fetchall()
    for (table, name), enabled in GUARDS.items():
        if (table, name) not in found:
            yield f"The trigger {name} of {table} is missing."
        elif found[table, name][0] != enabled:
            yield f"The trigger {name} of {table} is disabled."
        elif found[table, name][1] != triggers[name]:
            yield f"The trigger {name} of {table} is not the one that was made."
    for (table, name), (enabled, _made_as) in found.items():
        if (table, name) not in GUARDS and enabled not in {"A", "O"}:
            yield f"The trigger {name} of {table} is disabled."
    yield from _functions_that_differ(functions, there)


def _functions_that_differ(functions: dict[str, str], there: Iterable[tuple[str, str, bool]]) -> Iterator[str]:
    counted = Counter(name for name, _source, _is_set in there)
    for name in functions.keys() - counted.keys():
        yield f"The function {name} is missing."
    for name, source, is_set in there:
        if counted[name] > 1:
            # Which of them is called depends on the search path.
            yield f"There are {counted[name]} functions {name}."
        elif source != functions.get(name) or is_set:
            yield f"The function {name} is not the one that was made."


def _made(connection: BaseDatabaseWrapper) -> tuple[dict[str, str], dict[str, Counter]]:
    """Sources of functions and words of triggers by their names, as all migrations make them."""
    functions: dict[str, str] = {}
    triggers: dict[str, Counter] = {}
    graph = MigrationExecutor(connection).loader.graph
    done = [graph.nodes[key] for leaf in graph.leaf_nodes() for key in graph.forwards_plan(leaf)]
    for migration in dict.fromkeys(done):
        for operation in migration.operations:
            if not isinstance(operation, RunSQL) or not isinstance(operation.sql, str):
                continue
            made = {name: source for name, _takes, _gives, source in _FUNCTION.findall(operation.sql)}
            functions |= {name: source for name, source in made.items() if _FUNCTION_NAMES.fullmatch(name)}
            triggers |= {found[1]: _words(found[0]) for found in _TRIGGER.finditer(operation.sql)}
    return functions, triggers


def _words(trigger: str) -> Counter:
    """PostgreSQL tells the events of a trigger in an order of its own."""
    return Counter(trigger.removesuffix(";").replace(" public.", " ").split())


def check_guards(app_configs: object, databases: Iterable[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """For `check --database default`, and for `migrate`, which has nothing to find before it has made the guards."""
    found = []
    for using in databases or ():
        executor = MigrationExecutor(connections[using])
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not waiting:
            found += [Error(problem, id="feedback.E003") for problem in problems(using)]
    return found
