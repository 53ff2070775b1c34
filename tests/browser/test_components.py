"""Every part of the pages in every state, at both ends of the widths; the pictures are left in var/ to be looked at."""

import pytest

from tests.browser.checks import RULES_OF_LOOK, faults

# On one page, each part is there as often as it has states; on the pages that it is made for, it is alone.
MEANT = {"landmark-unique", "landmark-no-duplicate-main"}


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_everyone_can_read_every_part_in_every_state(live_server, page, settings, width, scheme):
    settings.DEBUG = True
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{live_server.url}/komponenter/")
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    # The markup is the same at any width.
    found = faults(page, only=None if width == 320 else RULES_OF_LOOK)
    assert [fault for fault in found if fault[0] not in MEANT] == []
    page.screenshot(path=settings.VAR_DIR / f"components-{width}-{scheme}.png", full_page=True)
