"""One file says why personal data are kept and how long: it is what is printed, applied and checked."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.utils import translation

from feedback import retention
from feedback.models import Entry, Standing
from feedback.retention import Unfit, check_retention, months_after, plan
from feedback.steps import Closing
from tests.feedback.kept import decide

# Article 13: what the page on personal data has to tell, in either language (REC-60).
CHECKLIST = {
    "controller": ("personuppgiftsansvarig", "controller"),
    "contact": ("tel:", "tel:"),
    "data protection officer": ("dataskyddsombud", "data protection officer"),
    "purposes": ("används till", "used for"),
    "legal basis": ("artikel 6.1 e.*artikel 6.1 c", r"Article 6\(1\)\(e\).*Article 6\(1\)\(c\)"),
    "recipients": ("Vem som helst kan begära", "Anyone may ask"),
    "how long": (
        "dokumenthanteringsplan.*/diarium/lagring/",
        "plan for its records.*/diarium/lagring/",
    ),
    "rights": (
        "kopia.*rättas.*begränsas.*invända.*raderade är begränsad",
        "copy.*rectified.*restricted.*object.*limited",
    ),
    "complaint": ("imy.se", "imy.se"),
    "not mandatory": ("bara om du vill ha svar", "only if you want a reply"),
    "no automated decisions": ("automatiskt", "automatically"),
}


@pytest.fixture
def changed(tmp_path, monkeypatch):
    """The data file with something taken away or added."""

    def changed(change) -> list[str]:
        content = json.loads(retention.FILE.read_text())
        change(content)
        file = tmp_path / f"retention-{len(list(tmp_path.iterdir()))}.json"
        file.write_text(json.dumps(content))
        monkeypatch.setattr(retention, "FILE", file)
        retention._read.cache_clear()
        return [problem.msg for problem in check_retention()]

    yield changed
    retention._read.cache_clear()


def test_each_field_that_may_be_personal_has_a_rule():
    assert check_retention() == []
    assert not [problem for problem in run_checks() if problem.id.startswith("feedback.E")]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda content: content["not_personal"].pop("feedback.Entry.address"), "feedback.Entry.address may hold"),
        (lambda content: content["personal"][0].update(rule="invented"), "no rule invented"),
        (lambda content: content["personal"][0].update(fields=["feedback.Passage.words"]), "no field feedback.Passage"),
        (lambda content: content["with_the_entry"].pop("feedback.Draft"), "feedback.Draft"),
        (lambda content: content["personal"][0]["passages"].pop("received"), "kind received"),
        (lambda content: content["rules"].pop(1), "kind failure"),
        (lambda content: content["personal"][0].pop("purpose"), "purpose"),
    ],
)
def test_what_is_not_said_stops_the_check(changed, change, problem):
    assert any(problem in text for text in changed(change))


def test_whole_models_of_the_register_can_not_be_left_out(changed):
    def leave_out(content: dict) -> None:
        for name in list(content["not_personal"]):
            if name.startswith("feedback.Entry."):
                del content["not_personal"][name]
        content["not_personal"]["feedback.Entry"] = "So we think"

    assert any("feedback.Entry.address" in text for text in changed(leave_out))


def test_new_field_is_personal_until_it_is_said_not_to_be():
    fields = {field.name: field for field in apps.get_model("feedback", "Entry")._meta.concrete_fields}
    assert {name for name, field in fields.items() if retention.may_be_personal(field)} == {
        "series",
        "address",
        "language",
        "kind",
        "token",
    }


def test_nothing_is_decided_in_a_fresh_installation():
    assert [rule.decision for rule in plan().of_entries] == [None] * len(plan().of_entries)
    assert plan().terms == []


def test_the_municipality_decides_in_a_file_of_its_own(settings, tmp_path):
    decide(settings, tmp_path)
    failure = plan().rule("accessibility_failure")
    assert failure.decision == retention.Decision("KS 2026/45 § 12", 60)
    assert failure.due_on(datetime(2026, 11, 23, 23, 30, tzinfo=UTC)) == date(2031, 11, 24)
    request = plan().rule("accessibility_request")
    assert request.due_on(datetime(2026, 11, 23, tzinfo=UTC)) is None
    with translation.override("en"):
        assert failure.how_long == "5 years, counted from the day on which the case was closed"
        assert request.how_long == "Kept for good"


@pytest.mark.parametrize(
    "own",
    [
        "",
        "[]",
        '{"decisions": {"error_report": {"months": 6}}}',
        '{"decisions": {"error_report": {"decision": " ", "months": 6}}}',
        '{"decisions": {"error_report": {"decision": "KS 2026/1", "months": -1}}}',
        '{"decisions": {"invented": {"decision": "KS 2026/1", "months": 6}}}',
        '{"decisions": {"accounts": {"decision": "KS 2026/1", "months": 6}}}',
    ],
)
def test_file_of_decisions_that_is_wrong_stops_the_check(settings, tmp_path, own):
    file = tmp_path / "beslut.json"
    file.write_text(own)
    settings.RETENTION_FILE = str(file)
    with pytest.raises(Unfit, match=re.escape(str(file))):
        plan()
    assert [problem.id for problem in check_retention()] == ["feedback.E001"]


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-11-24", 0, "2026-11-24"),
        ("2026-12-31", 1, "2027-01-31"),
        ("2024-02-29", 12, "2025-02-28"),
    ],
)
def test_term_ends_on_the_same_day_of_its_month_or_the_last(day, months, then):
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(then)


def test_little_importance_goes_before_the_kind():
    for kind in Entry.Kind:
        standing = Standing(entry=Entry(kind=kind), closing=Closing.LITTLE_IMPORTANCE)
        assert plan().rule_of(standing).name == "little_importance"


@pytest.mark.parametrize("language", [0, 1])
@pytest.mark.parametrize("item", CHECKLIST)
def test_page_on_personal_data_tells_all_that_the_regulation_asks_for(item, language):
    content = Path("strategy/content/kristianstad.json").read_text()
    text = json.dumps(json.loads(content), ensure_ascii=False)
    start = text.index('"text-personal-data"')
    page = text[start : text.index('"text-cookies"')]
    swedish, __, english = page.partition('"translations"')
    assert re.search(CHECKLIST[item][language], (swedish, english)[language], re.DOTALL | re.IGNORECASE)


def test_page_prints_what_the_program_goes_by(client, about, settings, tmp_path):
    page = client.get("/diarium/lagring/").content.decode()
    assert page.count("Begäran om innehåll i annan form") == 1
    assert "KS 2026/45" not in page
    decide(settings, tmp_path)
    for address, language in (("/diarium/lagring/", "sv"), ("/en/diarium/lagring/", "en")):
        page = client.get(address).content.decode()
        assert "KS 2026/45 § 12" in page
        for line in plan().lines:
            assert line.what[language].replace("’", "&#x27;") in page
            assert line.purpose[language] in page
        for rule in plan().of_entries:
            assert rule.title[language] in page
