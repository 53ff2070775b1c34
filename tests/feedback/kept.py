"""A municipality that has decided how long it keeps what people write, and the people who dispose of it."""

import json
from pathlib import Path

from django.contrib.auth.models import Group

DECIDED = {
    "error_report": {"decision": "KS 2026/45 § 12", "months": 0},
    "little_importance": {"decision": "KS 2026/45 § 12", "months": 0},
    "accessibility_failure": {"decision": "KS 2026/45 § 12", "months": 60},
    "accessibility_request": {"decision": "KS 2026/45 § 12", "months": None},
}


def decide(settings: object, folder: Path, decisions: dict | None = None) -> None:
    """As RETENTION_FILE says from then on."""
    file = folder / f"beslut-{len(list(folder.iterdir()))}.json"
    file.write_text(json.dumps({"decisions": DECIDED if decisions is None else decisions}))
    settings.RETENTION_FILE = str(file)


def person(model: type, name: str, *groups: str) -> object:
    made = model.objects.create(username=name, is_staff=True)
    made.groups.set([Group.objects.get(name=group) for group in groups])
    return made
