"""Every text of the interface is translated, and what is translated is still there."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation import gettext, override

from portal.catalogues import compile_catalogues

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("manage.py", "portal", "strategy", "feedback", "templates")
LANGUAGES = [code for code, _ in settings.LANGUAGES]


def read(root, language):
    source = root / "portal" / "locale" / language / "LC_MESSAGES" / "django.po"
    with source.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def messages(catalogue):
    return {(message.context, message.id) for message in catalogue if message.id}


@pytest.fixture(scope="module")
def extracted(tmp_path_factory):
    if shutil.which("xgettext") is None:
        pytest.skip("no GNU gettext, which finds the texts in the source")
    root = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, root / name)
    languages = [argument for language in LANGUAGES for argument in ("-l", language)]
    subprocess.run([sys.executable, "manage.py", "makemessages", "--no-obsolete", *languages], cwd=root, check=True)
    return root


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_has_the_texts_of_the_source(extracted, language):
    assert messages(read(ROOT, language)) == messages(read(extracted, language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language):
    lacking = [
        message.id
        for message in read(ROOT, language)
        if message.id
        and (message.fuzzy or not all([message.string] if isinstance(message.string, str) else message.string))
    ]
    assert lacking == []


def test_catalogues_are_compiled_when_they_are_missing_or_older(tmp_path):
    folder = tmp_path / "sv" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Page"\nmsgstr "Sida"\n'
    )
    assert compile_catalogues(tmp_path) == [folder / "django.mo"]
    assert compile_catalogues(tmp_path) == []


def test_swedish_is_what_swedish_pages_speak():
    with override("sv"):
        assert gettext("Report errors on page") == "Meddela fel på sidan"
