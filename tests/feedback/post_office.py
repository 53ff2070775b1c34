"""A mail server on loopback that does as it is told: takes mail, refuses it, hangs, or dies."""

import asyncio
import contextlib
import email
import socket
from email.message import EmailMessage
from email.policy import SMTP
from types import SimpleNamespace

from aiosmtpd.controller import Controller


class Reader:
    """`says` is how it answers a command: a reply, "hang", or "die". What it has taken is in `taken`."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.tries = 0
        self.says: dict[str, str] = {}

    # What aiosmtpd calls
    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        self.tries += 1
        envelope.mail_from = address
        return await self._say("MAIL", server) or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        return await self._say("RCPT", server) or "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        reply = self.says.get("DATA", "250 Taken")
        # Having taken it, it may still fail to say so.
        if reply[:1] in "2hd":
            self.taken.append(email.message_from_bytes(envelope.content, policy=SMTP))
            self.recipients += envelope.rcpt_tos
        return await self._say("DATA", server) or "250 Taken"

    async def _say(self, command: str, server) -> str | None:
        match self.says.get(command):
            case "hang":
                await asyncio.sleep(30)
            case "die":
                server.transport.abort()
                await asyncio.sleep(0)
        return self.says.get(command)


class PostOffice:
    def __init__(self) -> None:
        self.reader = Reader()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.controller = None

    def open(self) -> None:
        self.controller = Controller(self.reader, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def close(self) -> None:
        if self.controller:
            with contextlib.suppress(asyncio.CancelledError):
                self.controller.stop()
            self.controller = None

    @property
    def taken(self) -> list[EmailMessage]:
        return self.reader.taken

    def settings(self) -> SimpleNamespace:
        return SimpleNamespace(
            MAIL_HOST="127.0.0.1",
            MAIL_PORT=self.port,
            MAIL_SECURITY="none",
            MAIL_FROM="fardplan@kommun.example",
            MAIL_REPLY_TO="kontakt@kommun.example",
            MAIL_TIMEOUT=1,
            SITE_URL="https://strategi.example",
        )
