"""No style sheet and no template says left or right: what is said of start and end holds in Arabic too."""

import re

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils.translation import override

from strategy.reading import number_words

SHEETS = sorted((settings.BASE_DIR / "static" / "css").glob("*.css"))
PHYSICAL = re.compile(
    r"(?:^|[;{\s])((?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)[-\w]*|left|right"
    r"|border-(?:top|bottom)-(?:left|right)-radius|(?:text-align|float|clear|caption-side)\s*:\s*(?:left|right))\b\s*:?[^;}]*)"
)
# Four values are top, right, bottom, left: the second and the last are the same, or they are said of inline.
FOUR = re.compile(r"\b(?:margin|padding|inset|border-width)\s*:\s*" + r"\s+".join([r"([^\s;}]+)"] * 4))


def physical(css: str) -> list[str]:
    css = re.sub(r"/\*.*?\*/|\([^()]*\)", "", re.sub(r"\([^()]*\)", "", css), flags=re.DOTALL)
    uneven = [found[0] for found in FOUR.finditer(css) if found[2] != found[4]]
    return [found[1].strip() for found in PHYSICAL.finditer(css)] + uneven


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_style_sheet_says_start_and_end(sheet):
    assert physical(sheet.read_text()) == []


def test_what_says_left_and_right_is_found():
    css = "a { margin-left: 1px; padding: 0 1px 2px 3px; text-align: right } b{left:0;float: left; padding: 0 1px}"
    assert len(physical(css)) == 5
    assert physical("a { padding: 0 1px 2px 1px; margin: 0 auto; color: red; border: 1px solid red }") == []


@pytest.mark.parametrize(
    ("page", "passage", "marks"),
    [
        ("sv", "sv", "<p>"),
        ("en", "sv", '<p lang="sv">'),
        ("ar", "sv", '<p lang="sv" dir="ltr">'),
        ("ar", "ar", "<p>"),
        ("sv", "ar", '<p lang="ar" dir="rtl">'),
        ("ar", "fa", '<p lang="fa">'),
    ],
)
def test_passage_in_another_language_says_so_and_its_direction_where_that_differs(page, passage, marks):
    with override(page):
        assert Template("{% load reading %}<p{% lang passage %}>").render(Context({"passage": passage})) == marks


def test_page_language_comes_back_within_a_passage():
    template = Template("{% load reading %}<p{% lang passage %}><b{% page_lang within=passage %}>")
    with override("ar"):
        assert template.render(Context({"passage": "sv"})) == '<p lang="sv" dir="ltr"><b lang="ar" dir="rtl">'
        assert template.render(Context({"passage": "ar"})) == "<p><b>"


def test_minus_stays_before_its_number(settings):
    settings.LANGUAGES_BIDI = ["ar"]
    with override("sv"):
        assert number_words("-3.5", 1) == "−3,5"
    with override("ar"):
        assert number_words("-3.5", 1) == "\N{LEFT-TO-RIGHT MARK}−3,5"
