"""
How a sender is recognised for a few minutes, and then no more: by keyed hashes of where a report comes from and of what
it says. The salt is new each day, so that no hash leads from one day to another.
"""

import ipaddress
import json
from datetime import UTC, datetime, timedelta

from django.utils.crypto import salted_hmac


def network_of(address: str) -> str:
    """What one sender can choose among counts as one: an IPv4 address, the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(parsed) if parsed.version == 4 else f"{int(parsed) >> 64:x}::"


def hashes(moment: datetime, *parts: str) -> list[str]:
    """The hash of today (UTC), to store, and yesterday's, which a row from before midnight has."""
    days = [(moment - timedelta(days=ago)).astimezone(UTC).date() for ago in (0, 1)]
    text = json.dumps(parts)
    return [salted_hmac(f"feedback.senders {day}", text, algorithm="sha256").hexdigest() for day in days]
