"""The Nu HTML checker reads every page, and the style sheets and pictures that the pages have."""

import json
import os
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.test import Client

from tests.browser.pages import ERROR_PAGES
from tests.feedback.written import read_form

ROOT = Path(__file__).parents[2]
JAR = ROOT / "var" / "tools" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"

# What the checker says, and why we do otherwise.
EXPECTED = (
    # VoiceOver in Safari takes a list whose bullets are styled away for no list, unless its role says that it is one.
    "The “list” role is unnecessary for element",
    # In every browser since 2023, and not yet in the checker, which passes over what such a rule holds.
    "CSS: Unrecognized at-rule “@container”",
)


@pytest.fixture
def checker() -> list[str]:
    """The command. Without Java or the checker: skipped, or with REQUIRE_BROWSER=1 a failure."""
    java = shutil.which("java")
    if java and JAR.exists():
        return [java, "-jar", str(JAR), "--also-check-css", "--also-check-svg", "--format", "json", "--stdout"]
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail("REQUIRE_BROWSER=1, and there is no Java or no HTML checker")
    pytest.skip("no Java or no HTML checker")


def check(checker: list[str], *paths: Path) -> dict[str, list[tuple]]:
    """Errors and warnings by file: line, what is wrong, and with what. One run for all: Java takes long to start."""
    answer = subprocess.run([*checker, "--exit-zero-always", *paths], capture_output=True, text=True, timeout=120)
    found = defaultdict(list)
    for message in json.loads(answer.stdout)["messages"]:
        if message.get("subType", message["type"]) == "info" or message["message"].startswith(EXPECTED):
            continue
        words = " ".join(message.get("extract", "").split())
        name = Path(unquote(message.get("url", ""))).name
        found[name].append((message.get("lastLine"), message["message"], words))
    return dict(found)


def test_html_checker_finds_no_error_and_no_warning_on_any_page(checker, addresses, content, tmp_path):
    visitor = Client(raise_request_exception=False)
    for language, pages in addresses.items():
        for name, address in pages.items():
            response = visitor.get(address)
            assert response.headers["Content-Type"] == "text/html; charset=utf-8", address
            assert response.status_code == 200 or name in dict(ERROR_PAGES), (address, response.status_code)
            (tmp_path / f"{name} {language}.html").write_text(response.text)
    for what in ("bad", "denied", "away"):
        (tmp_path / f"{what}.html").write_text(visitor.get(f"/fail/{what}/").text)
    form = read_form(visitor.get("/om/"))
    for prefix in ("", "/en"):
        refused = visitor.post(prefix + form.action, form.values | {"message": "", "email": "ingen"})
        (tmp_path / f"refused report {prefix[1:]}.html").write_text(refused.text)
    # Faults of our own, so that a checker that finds nothing is not one that sees nothing.
    (tmp_path / "faulty.html").write_text('<!DOCTYPE html><html lang="sv"><title>x</title><p id="a"><p id="a">\n')
    (tmp_path / "faulty.css").write_text("@layer base { main { > p { colr: red; } } }\n")
    static = ROOT / "static"
    found = check(checker, tmp_path, *(static / "css").glob("*.css"), *(static / "pictures").glob("*.svg"))
    assert len(found.pop("faulty.html")) == 2
    assert len(found.pop("faulty.css")) == 1
    assert found == {}
