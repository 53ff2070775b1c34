#!/usr/bin/env python
"""Django's commands. Where DATABASE_URL is not set, those that need a database get one of their own while they run."""

import os
import signal
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from portal.postgres import Cluster, DatabaseUnavailable

# The demo starts its own, once it knows that its port is free.
WITHOUT_DATABASE = {
    "help",
    "version",
    "check",
    "collectstatic",
    "compilemessages",
    "demo",
    "diffsettings",
    "findstatic",
    "makemessages",
    "startapp",
}


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    # A pool is for the web server: a command has one connection, and ends.
    os.environ.setdefault("DATABASE_POOL", "0")
    command = arguments[1] if len(arguments) > 1 else "help"
    if command == "demo":
        os.environ["DEMO"] = "1"
    if os.environ.get("DATABASE_URL"):
        execute_from_command_line(arguments)
        return
    cluster = Cluster()
    os.environ["DATABASE_URL"] = cluster.url
    os.environ["DEMO"] = "1"
    if not needs_database(command, arguments):
        execute_from_command_line(arguments)
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with cluster.running():
        execute_from_command_line(arguments)


def needs_database(command: str, arguments: list[str]) -> bool:
    if command.startswith("-") or {"-h", "--help", "--version"} & set(arguments):
        return False
    return command not in WITHOUT_DATABASE or (command == "check" and "--database" in arguments)


if __name__ == "__main__":
    try:
        main(sys.argv)
    except (ImproperlyConfigured, DatabaseUnavailable) as problem:
        sys.exit(str(problem))
