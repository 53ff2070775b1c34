"""
The signed heads outside the database, as files in the folder REGISTER_HEADS: what the database can be measured by,
whoever restored or changed it.

A file is whole or not there, and is never written over, but for the one that holds the newest head again.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import OperationalError

from feedback.models import Head

NEWEST = "newest.txt"

_NAME = re.compile(r"[1-9][0-9]*-[0-9]{12,}\.txt")


class OlderThanPublished(OperationalError):
    """Nothing may be written: the database is an older copy. What can't reach the register says so with a 503."""


def origin_of(epoch: int) -> str:
    return settings.REGISTER_NAME if epoch == 1 else f"{settings.REGISTER_NAME}/{epoch}"


def place_of(text: str) -> tuple[int, int]:
    """Epoch and size of a head. Raises ValueError for what is none of this register."""
    origin, size, *_rest = text.split("\n", 2)
    epoch = origin.removeprefix(f"{settings.REGISTER_NAME}/") if origin != settings.REGISTER_NAME else "1"
    if not (epoch.isdecimal() and size.isdecimal() and origin == origin_of(int(epoch))):
        raise ValueError(f"It is no head of {settings.REGISTER_NAME}, but of {origin}.")
    return int(epoch), int(size)


def name_of(epoch: int, size: int) -> str:
    return f"{epoch}-{size:012}.txt"


def newest() -> str | None:
    """The newest head outside; None where there is none yet. One small file."""
    try:
        return read(NEWEST)
    except FileNotFoundError:
        return None


def refuse_if_older() -> None:
    """
    Raises OlderThanPublished unless the database has the newest head that was published. One file and one query.

    A folder without it, where heads have been signed or kept, is none to measure by: it is not the one, it is not
    mounted, or something was taken away from it.
    """
    try:
        text = newest()
        if text is None:
            # One alone may be the first, signed by a machine that stopped before it was kept.
            if names() or Head.objects.all()[1:].exists():
                raise OlderThanPublished(
                    f"There are signed heads, and {NEWEST} is not in {settings.REGISTER_HEADS}: put back the folder"
                    " that they were kept in. If it is lost, `manage.py sign_heads --new-folder` begins another."
                )
            return
        epoch, size = place_of(text)
    except (OSError, ValueError) as error:
        raise OlderThanPublished(f"The newest head in {settings.REGISTER_HEADS} can't be read: {error}") from error
    if not Head.objects.filter(epoch=epoch, size=size, text=text).exists():
        raise OlderThanPublished(
            f"The register has no head of {size} events, and one was published: it is an older copy, and nothing is"
            " written in it before `manage.py recover_register`."
        )


def names() -> set[str]:
    """Of all heads outside."""
    try:
        return {path.name for path in settings.REGISTER_HEADS.iterdir() if _NAME.fullmatch(path.name)}
    except FileNotFoundError:
        return set()


def read(name: str) -> str:
    return (settings.REGISTER_HEADS / name).read_bytes().decode()


def everything() -> Iterator[str]:
    """In the order of epoch and size."""
    for name in sorted(names(), key=lambda name: (int(name.partition("-")[0]), name)):
        yield read(name)


def keep_outside() -> None:
    """
    Whatever heads the database has and the folder hasn't: the one that was just signed, the one that was signed when
    the machine stopped, or all of them in a new folder.
    """
    settings.REGISTER_HEADS.mkdir(parents=True, exist_ok=True)
    there = names()
    last = None
    for epoch, size in Head.objects.order_by("epoch", "size").values_list("epoch", "size").iterator():
        last = (epoch, size)
        if name_of(epoch, size) not in there:
            _write(name_of(epoch, size), Head.objects.get(epoch=epoch, size=size).text)
    if last and newest() != (text := read(name_of(*last))):
        _write(NEWEST, text)


def begin_folder() -> None:
    """
    Fills a folder that stands for one that was lost. Raises OlderThanPublished if heads are in it that the database
    does not have.
    """
    known = {name_of(*place) for place in Head.objects.values_list("epoch", "size")}
    if unknown := names() - known:
        raise OlderThanPublished(f"The register has no head {min(unknown)}, which is in {settings.REGISTER_HEADS}.")
    keep_outside()


def _write(name: str, text: str) -> None:
    folder: Path = settings.REGISTER_HEADS
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".", delete=False, encoding="utf-8", newline="") as draft:
        try:
            draft.write(text)
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).chmod(0o644)
            Path(draft.name).rename(folder / name)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
    # The name too has to outlive a machine that stops.
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
