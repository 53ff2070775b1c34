"""
The colours of static/css/tokens.css: which of them a municipality may set, and the contrast that each pair needs.

Imported by the settings, so it reads none.
"""

import colorsys
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

TOKENS = Path(__file__).resolve().parent.parent / "static" / "css" / "tokens.css"

# What people know a municipality by. Not `error`, which means the same everywhere, nor `on-sun`, which has to be dark.
CHANGEABLE = ("ink", "paper", "water", "link", "sun", "growth", "thought", "thriving")
# Tones of one of those, which nobody should have to choose
SHADES = ("shade-1", "shade-2", "shade-3", "shade-4")
FOLLOWERS = {"ink": ("muted", "edge", "rule"), "paper": ("surface",), "water": SHADES}

TEXT = 4.5  # WCAG 1.4.3
CONTROL = 3.0  # WCAG 1.4.3 for large text, and 1.4.11

# What is shown on what, and the contrast that it needs (A11Y-36). Whoever puts a colour on a new ground says so here.
PAIRS: tuple[tuple[str, str, float], ...] = (
    *(("ink", ground, TEXT) for ground in ("paper", "water", "surface", *SHADES)),
    *(("muted", ground, TEXT) for ground in ("paper", "water", "surface")),
    *(("link", ground, TEXT) for ground in ("paper", "water", "surface")),
    *(("error", ground, TEXT) for ground in ("paper", "water", "surface")),
    *(("edge", ground, CONTROL) for ground in ("paper", "water", "surface")),
    # A theme's name may stand in its colour, on the page and in a tinted band.
    *((theme, ground, TEXT) for theme in ("growth", "thought", "thriving") for ground in ("paper", "water", "surface")),
    # Banners and buttons: the page's colours turned about. Symmetric, and named for what a reader sees.
    ("paper", "ink", TEXT),
    ("paper", "edge", TEXT),
    ("on-sun", "sun", TEXT),
)
# Lines that part one thing from the next, where space does so too.
DECORATIVE = ("rule",)

_HEX = r"#[0-9a-f]{6}"
_TOKEN = re.compile(rf"--([a-z0-9-]+):\s*(?:light-dark\(\s*({_HEX})\s*,\s*({_HEX})\s*\)|({_HEX}))\s*;")
_SETTING = re.compile(rf"({_HEX})(?:/({_HEX}))?")


@dataclass(frozen=True)
class Colour:
    """One for each scheme, as `#rrggbb`."""

    light: str
    dark: str

    def __str__(self) -> str:
        return self.light if self.light == self.dark else f"light-dark({self.light}, {self.dark})"

    def tone(self, start: Self, end: Self) -> Self:
        """As much lighter and duller than this one as `end` is than `start`, in this one's hue."""
        return type(self)(_tone(self.light, start.light, end.light), _tone(self.dark, start.dark, end.dark))


class Unreadable(ValueError):
    """Colours that can't be used; the message says why."""


@cache
def defaults() -> Mapping[str, Colour]:
    found = _TOKEN.findall(TOKENS.read_text(encoding="utf-8"))
    return {name: Colour(light or both, dark or both) for name, light, dark, both in found}


def chosen(setting: str) -> dict[str, Colour]:
    """`link:#0b5c63/#8fd6d2, sun:#e6b33d`: what a municipality sets, and what follows from it."""
    colours: dict[str, Colour] = {}
    for part in filter(None, (part.strip() for part in setting.split(","))):
        name, _, value = (word.strip() for word in part.lower().partition(":"))
        if name not in CHANGEABLE:
            raise Unreadable(f"{name!r} is none of the colours that can be set: {', '.join(CHANGEABLE)}")
        match = _SETTING.fullmatch(value)
        if match is None:
            raise Unreadable(f"{part!r} should read name:#rrggbb/#rrggbb, for the light scheme and the dark one")
        colours[name] = Colour(match[1], match[2] or match[1])
    if not colours:
        return {}
    standard = defaults()
    for leader, names in FOLLOWERS.items():
        if leader in colours:
            colours |= {name: colours[leader].tone(standard[leader], standard[name]) for name in names}
    problems = too_faint({**standard, **colours})
    if problems:
        raise Unreadable(problems[0])
    return colours


def too_faint(colours: Mapping[str, Colour]) -> list[str]:
    """The pairs that lack contrast, in words; those that lack most come first."""
    found = []
    for front, ground, needed in PAIRS:
        for scheme in ("light", "dark"):
            over, under = getattr(colours[front], scheme), getattr(colours[ground], scheme)
            ratio = contrast(over, under)
            if ratio < needed:
                # Rounded down: 4.49 is not 4.5.
                words = (
                    f"{front} {over} on {ground} {under} has a contrast of {int(ratio * 100) / 100:.2f} in the {scheme}"
                    f" scheme, and needs {needed}"
                )
                found.append((ratio / needed, words))
    return [words for _, words in sorted(found)]


def contrast(first: str, second: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def stylesheet(colours: Mapping[str, Colour]) -> str:
    """In the same layer as the tokens, and linked after them; paper (the printed one) still has the last word."""
    lines = "".join(f"    --{name}: {colour};\n" for name, colour in colours.items())
    return f"@layer base {{\n  :root {{\n{lines}  }}\n}}\n"


def version(colours: Mapping[str, Colour]) -> str:
    return hashlib.sha256(stylesheet(colours).encode()).hexdigest()[:12]


def _luminance(colour: str) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))


def _tone(colour: str, start: str, end: str) -> str:
    if colour == start:
        return end
    # A grey has no saturation to add to, so it is multiplied.
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    _, from_lightness, from_saturation = colorsys.rgb_to_hls(*_parts(start))
    _, to_lightness, to_saturation = colorsys.rgb_to_hls(*_parts(end))
    tone = colorsys.hls_to_rgb(
        hue,
        min(max(lightness + to_lightness - from_lightness, 0), 1),
        min(saturation * to_saturation / (from_saturation or 1), 1),
    )
    return "#" + "".join(f"{round(part * 255):02x}" for part in tone)
