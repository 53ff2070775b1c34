"""
The accessibility statement that the law asks for (DOS-lagen 13 §, MDFFS 2019:2, A11Y-1): eleven things, each with an
id that the page and its machine-readable copy share. What staff say of it is in the node; the rest is the same for all.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from portal.language import in_language
from strategy import documents
from strategy.kinds import NodeKind
from strategy.models import AccessibilityExemption, AccessibilityFailure, Node, Page
from strategy.reading import Reading
from strategy.wcag import CRITERIA

SUPERVISION_URL = "https://www.digg.se/tdosanmalan"
YEAR = timedelta(days=365)

Compliance, Method = Node.Compliance, Node.AssessmentMethod
Situation, Ground = AccessibilityFailure.Situation, AccessibilityExemption.Ground


@dataclass(frozen=True)
class Group:
    """What does not work for those who use the portal in one way."""

    situation: str
    failures: list[dict]


@dataclass(frozen=True)
class Statement:
    """`page` is the statement's edition, or a draft, which may lack anything. `origin` is what addresses begin with."""

    page: Reading
    origin: str

    @property
    def body(self) -> str:
        return settings.SITE_NAME

    @property
    def service(self) -> str:
        return _("the strategy portal")

    @property
    def address(self) -> str:
        """Of the service: its start page."""
        return self.origin + in_language("/", self.page.viewpoint.language)

    @property
    def compliance(self) -> str:
        return self.page.statement["compliance"]

    @property
    def compliance_words(self) -> str:
        return _label(Compliance, self.compliance)

    @property
    def failures(self) -> list[dict]:
        return [
            {
                **row,
                "situation_words": str(Situation(row["situation"]).label),
                "criterion_name": str(CRITERIA[row["criterion"]]).partition(" ")[2],
            }
            for row in self.page.statement["failures"]
        ]

    @property
    def groups(self) -> list[Group]:
        """The failures by situation of use, in the order that the authority has them (A11Y-5)."""
        groups = [Group(str(use.label), [row for row in self.failures if row["situation"] == use]) for use in Situation]
        return [group for group in groups if group.failures]

    @property
    def burdens(self) -> list[dict]:
        return [row for row in self.page.statement["exemptions"] if row["ground"] == Ground.BURDEN]

    @property
    def outside(self) -> list[dict]:
        return [row for row in self.page.statement["exemptions"] if row["ground"] == Ground.OUTSIDE]

    @property
    def assessed_on(self) -> date | None:
        day = self.page.statement["assessed_on"]
        return date.fromisoformat(day) if day else None

    @property
    def method(self) -> str:
        return self.page.statement["method"]

    @property
    def method_words(self) -> str:
        return _label(Method, self.method)

    @property
    def updated_on(self) -> date:
        return updated_on(self.page.page)

    @property
    def report_url(self) -> str:
        return self._form("failure")

    @property
    def request_url(self) -> str:
        return self._form("request")

    @property
    def supervision_url(self) -> str:
        return SUPERVISION_URL

    def _form(self, kind: str) -> str:
        language = self.page.viewpoint.language
        return reverse("report", query={"sida": in_language(self.page.page.address, language), "slag": kind})

    def items(self) -> dict:
        """The eleven, by id, as the machine-readable copy has them (A11Y-7)."""
        return {
            "aktor": self.body,
            "tjanst": {"namn": self.service, "adress": self.address},
            "forenlighet": {"kod": self.compliance, "ord": self.compliance_words},
            "brister": [
                {
                    "situation": row["situation"],
                    "situation_ord": row["situation_words"],
                    "wcag": row["criterion"],
                    "brist": row["what"],
                    "skal": row["why"],
                    "alternativ": row["instead"],
                    "sprak": row["language"],
                }
                for row in self.failures
            ],
            "oskaligt": [_exempt(row) for row in self.burdens],
            "undantag": [_exempt(row) for row in self.outside],
            "bedomning": self.assessed_on.isoformat(),
            "metod": {"kod": self.method, "ord": self.method_words},
            "uppdaterad": self.updated_on.isoformat(),
            "rapportera": {"brist": self.origin + self.report_url, "begaran": self.origin + self.request_url},
            "tillsyn": {"namn": _("The Agency for Digital Government (Digg)"), "adress": self.supervision_url},
        }


def _label(choices: type[TextChoices], value: str) -> str:
    return str(choices(value).label) if value else ""


def _exempt(row: dict) -> dict:
    return {"innehall": row["what"], "skal": row["why"], "sprak": row["language"]}


def updated_on(page: Page) -> date:
    """When the statement last changed, or was read and found right."""
    reviewed_on = documents.upgrade(page.document)["reviewed_on"]
    changed_on = localdate(page.content_since)
    return max(changed_on, date.fromisoformat(reviewed_on)) if reviewed_on else changed_on


def grown_old(today: date) -> list[Page]:
    """The statements in force that have not been looked over for more than twelve months (A11Y-4)."""
    return [page for page in Page.objects.at().of_kind(NodeKind.STATEMENT) if today - updated_on(page) > YEAR]


def faults_of(node: Node) -> list[tuple[str, str]]:
    """What keeps a statement from being published: the field, and a sentence."""
    faults = []
    failures, exemptions = list(node.failures.all()), list(node.exemptions.all())
    if node.compliance == Compliance.FULL and failures:
        faults.append(("compliance", _full_with_failures()))
    for rows, name in ((failures, "failures"), (exemptions, "exemptions")):
        listed: dict[str, list] = {}
        for row in rows:
            listed.setdefault(row.language, []).append(
                (row.situation, row.criterion) if name == "failures" else row.ground
            )
        if len({tuple(sorted(said)) for said in listed.values()}) > 1:
            text = _("The lists in different languages say different things: each needs the same rows.")
            faults.append((name, text))
    return faults


def refuse_full_with_failures(node: Node, failures: int) -> None:
    """A11Y-6. Raises ValidationError."""
    if node.compliance == Compliance.FULL and failures:
        raise ValidationError(_full_with_failures(), code="full")


def _full_with_failures() -> str:
    return _("A portal with failures is not fully compliant. Choose another word for it, or remove the failures.")
