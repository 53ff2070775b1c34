"""What a first visit costs, over the wire and in jumps of the page."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.test.testcases import LiveServerThread

MOST_BYTES = 60_000

# Pages that are laid out differently on a wide screen
WIDE_TOO = ("start", "vision", "result", "level", "report")

WATCH = """
    window.painted = new Promise((done) => new PerformanceObserver(done).observe({type: "paint", buffered: true}));
    window.shifts = 0;
    window.moved = [];
    new PerformanceObserver((list) => {
        for (const shift of list.getEntries()) {
            window.shifts += shift.value;
            window.moved.push(...shift.sources.map(({node}) => node?.parentElement?.outerHTML.slice(0, 80)));
        }
    }).observe({type: "layout-shift", buffered: true});
"""


@pytest.fixture
def served(content, transactional_db, settings, tmp_path) -> Iterator[str]:
    """The portal with its static files compressed and named by their hash, as whitenoise serves them in production."""
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.WHITENOISE_USE_FINDERS = False
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    # Django's own live server would serve static files itself, uncompressed.
    server = LiveServerThread("127.0.0.1", static_handler=lambda portal: portal)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    yield f"http://{server.host}:{server.port}"
    server.terminate()


class Visitor:
    """Comes to each page for the first time: nothing is in any cache, and the font is late."""

    def __init__(self, context: object) -> None:
        self.page = context.new_page()
        self.page.add_init_script(WATCH)
        self.page.route("**/*.woff2", lambda route: self.late.append(route))
        self.network = context.new_cdp_session(self.page)
        self.network.send("Network.enable")
        self.network.on("Network.requestWillBeSent", self.note_name)
        self.network.on("Network.loadingFinished", self.note_size)

    def note_name(self, event: dict) -> None:
        self.names[event["requestId"]] = event["request"]["url"].rpartition("/")[2] or "page"

    def note_size(self, event: dict) -> None:
        self.sizes[self.names[event["requestId"]]] = event["encodedDataLength"]

    def visit(self, address: str, width: int) -> tuple[dict[str, int], float, list]:
        """Bytes of each answer, headers included; how much moved, as Cumulative Layout Shift has it; and what moved."""
        self.page.set_viewport_size({"width": width, "height": 800})
        self.page.goto("about:blank")
        self.network.send("Network.clearBrowserCache")
        self.names, self.sizes, self.late = {}, {}, []
        self.page.goto(address, wait_until="domcontentloaded")
        self.page.evaluate("window.painted")
        for font in self.late:
            font.continue_()
        self.page.wait_for_load_state("load")
        self.page.evaluate("document.fonts.ready.then(() => new Promise((done) => setTimeout(done, 50)))")
        shifts, moved = self.page.evaluate("[window.shifts, window.moved]")
        return self.sizes, shifts, moved


@pytest.fixture
def visitor(browser) -> Iterator[Visitor]:
    context = browser.new_context(locale="sv-SE")
    yield Visitor(context)
    context.close()


def test_first_visit_to_any_page_is_light_and_nothing_jumps(served, addresses, visitor):
    heavy, jumping = {}, {}
    # What a page weighs hangs neither on the language nor on the width.
    for name, address in addresses["sv"].items():
        for width in (320, 1280) if name in WIDE_TOO else (320,):
            sizes, shifts, moved = visitor.visit(served + address, width)
            assert any(name.endswith(".woff2") for name in sizes), sizes
            if sum(sizes.values()) > MOST_BYTES:
                heavy[name] = sum(sizes.values()), sizes
            if shifts:
                jumping[name, width] = shifts, moved
    assert heavy == {}
    assert jumping == {}
