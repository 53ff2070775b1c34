import re

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import colours, environment
from portal.colours import CHANGEABLE, DECORATIVE, PAIRS, contrast, defaults, too_faint

BLUE = "link:#0b3d91/#9cc0ff, water:#dde6f3/#15253a"


def test_every_colour_of_the_tokens_is_read():
    written = re.findall(r"#[0-9a-fA-F]{3,8}\b", colours.TOKENS.read_text())
    read = [value for colour in defaults().values() for value in {colour.light, colour.dark}]
    assert sorted(written) == sorted(read)


def test_every_colour_says_on_what_it_is_shown():
    paired = {name for front, ground, _ in PAIRS for name in (front, ground)}
    assert paired | set(DECORATIVE) == set(defaults())


def test_colour_that_a_style_puts_on_another_is_held_to_its_contrast():
    """Where one rule says both; what is inherited is axe's to find."""
    shown = set()
    for path in colours.TOKENS.parent.glob("*.css"):
        for rule in re.findall(r"\{([^{}]*)\}", path.read_text()):
            front = re.search(r"(?<![\w-])color:\s*var\(--([\w-]+)\)", rule)
            ground = re.search(r"(?<![\w-])background(?:-color)?:\s*var\(--([\w-]+)\)", rule)
            if front and ground and {front[1], ground[1]} <= set(defaults()):
                shown.add((front[1], ground[1]))
    assert ("paper", "ink") in shown
    assert shown <= {(front, ground) for front, ground, _ in PAIRS}


def test_tokens_have_the_contrast_that_they_need():
    assert too_faint(defaults()) == []


@pytest.mark.parametrize(
    ("first", "second", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#777777", "#ffffff", 4.48),
        ("#ffffff", "#777777", 4.48),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_that_of_wcag(first, second, ratio):
    assert contrast(first, second) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("name", CHANGEABLE)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colour_that_is_too_faint_in_either_scheme_stops_the_start(monkeypatch, name, scheme):
    usual = defaults()[name]
    faint = "#808080"
    light, dark = (faint, usual.dark) if scheme == "light" else (usual.light, faint)
    monkeypatch.setenv("SITE_COLOURS", f"{name}:{light}/{dark}")
    with pytest.raises(ImproperlyConfigured) as raised:
        environment.site_colours("SITE_COLOURS")
    pair = r"[a-z0-9-]+ #\w{6} on [a-z0-9-]+ #\w{6}"
    sentence = rf"SITE_COLOURS: {pair} has a contrast of \d\.\d\d in the {scheme} scheme, and needs (3\.0|4\.5)\."
    assert re.fullmatch(sentence, str(raised.value))


@pytest.mark.parametrize(
    "value",
    [
        "link",
        "link:",
        "link:blue",
        "link:#12345",
        "link:#0b3d91/",
        "error:#000000/#ffffff",
        "link:#000000}body{/#ffffff",
    ],
)
def test_what_is_no_colour_stops_the_start(monkeypatch, value):
    monkeypatch.setenv("SITE_COLOURS", value)
    with pytest.raises(ImproperlyConfigured, match="SITE_COLOURS"):
        environment.site_colours("SITE_COLOURS")


@pytest.mark.parametrize(
    ("setting", "follower"),
    [("water:#dde6f3/#15253a", "shade-4"), ("ink:#161a33/#e9eaf5", "muted"), ("paper:#f6f7ff/#0b1020", "surface")],
)
def test_tones_follow_the_colour_that_they_are_tones_of(setting, follower):
    found = colours.chosen(setting)[follower].dark
    red, _, blue = (int(found[at : at + 2], 16) for at in (1, 3, 5))
    assert blue > red


def test_tones_stay_as_they_are_beside_the_usual_colours():
    usual = ", ".join(f"{name}:{defaults()[name].light}/{defaults()[name].dark}" for name in CHANGEABLE)
    assert {**defaults(), **colours.chosen(usual)} == defaults()


@pytest.fixture
def blue(settings):
    settings.SITE_COLOURS = colours.chosen(BLUE)


@pytest.fixture
def stylesheet(blue, client, db):
    return re.search(r'href="(/farger\.css\?v=\w+)"', client.get("/finns-inte/").text)[1]


def test_chosen_colours_are_kept_by_browsers_for_as_long_as_they_are_the_same(stylesheet, client, settings):
    response = client.get(stylesheet)
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "--link: light-dark(#0b3d91, #9cc0ff);" in response.text
    assert "max-age=31536000" in response.headers["Cache-Control"]
    settings.SITE_COLOURS = colours.chosen("sun:#f2c14e")
    response = client.get(stylesheet)
    assert "--sun: #f2c14e;" in response.text
    assert response.headers["Cache-Control"] == "no-cache"


def test_without_chosen_colours_there_is_no_stylesheet(client, db):
    assert client.get("/farger.css").status_code == 404
    assert "farger.css" not in client.get("/finns-inte/").text


def test_browser_frame_has_the_colour_of_the_paper(client, db, settings):
    settings.SITE_COLOURS = colours.chosen("paper:#ffffff/#0b1020")
    found = re.findall(
        r'name="theme-color" media="\(prefers-color-scheme: (\w+)\)" content="(\S+)"', client.get("/finns-inte/").text
    )
    assert found == [("light", "#ffffff"), ("dark", "#0b1020")]


def test_chosen_colours_win_in_a_browser_on_the_screen_and_not_on_paper(blue, live_server, page, settings):
    settings.SITE_COLOURS = colours.chosen(f"{BLUE}, paper:#fdf6ec/#0b1020")
    page.goto(f"{live_server.url}/finns-inte/")

    def look() -> tuple[str, str]:
        return page.evaluate(
            "[getComputedStyle(document.querySelector('main a')).color,"
            " getComputedStyle(document.documentElement).backgroundColor]"
        )

    page.emulate_media(color_scheme="light")
    assert look() == ["rgb(11, 61, 145)", "rgb(253, 246, 236)"]
    page.emulate_media(color_scheme="dark")
    assert look() == ["rgb(156, 192, 255)", "rgb(11, 16, 32)"]
    page.emulate_media(color_scheme="light", media="print")
    assert look()[1] == "rgb(255, 255, 255)"
