"""
What Lighthouse says of a running portal, on its profile of a middling phone on a slow network.

    npm install --prefix var/tools/lighthouse --ignore-scripts --no-save lighthouse@12.8.2
    uv run python tests/bench/lighthouse.py http://127.0.0.1:8000 [ADDRESS …]

Without addresses: those of PAGES. For SEO the portal has to run with ALLOW_INDEXING=1; a star stands by pages that
are not to be indexed (search, old days). To be run by hand: its figures for speed are estimates, and depend on how
busy the machine is.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIGHTHOUSE = ROOT / "var" / "tools" / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

ROADMAP = "/vi-lyfter-tillsammans/strategisk-fardplan/"
GOAL = f"{ROADMAP}arbetsmarknad/egen-forsorjning/"
PAGES = (
    "/",
    GOAL,
    f"{GOAL}arbetsloshet/",
    f"{GOAL}arbetsloshet/team-med-arbetsformedlingen/",
    "/en/",
    "/sok/?q=arbete",
    f"{GOAL}?den=2024-05-01",
)
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FIGURES = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")


def measure(url: str) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        flags = "--headless=new --no-sandbox --disable-gpu"
        command = [LIGHTHOUSE, url, "--quiet", f"--chrome-flags={flags}", "--output=json", f"--output-path={report}"]
        browser = os.environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, BROWSERS)))
        subprocess.run(command, check=True, env=os.environ | {"CHROME_PATH": browser}, timeout=180)
        return json.loads(report.read_text())


def shortcomings(result: dict) -> list[str]:
    """What takes points from a category."""
    audits, found = result["audits"], []
    for category in result["categories"].values():
        for reference in category["auditRefs"]:
            audit = audits[reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
                found.append(f"{reference['id']} {audit['score']:.2f} {audit.get('displayValue', '')}".rstrip())
    return found


def describe(url: str) -> str:
    result = measure(url)
    hidden = result["audits"]["is-crawlable"]["score"] == 0
    scores = " ".join(f"{round(100 * result['categories'][name]['score']):>4}" for name in CATEGORIES)
    figures = ", ".join(result["audits"][name]["displayValue"].replace("\xa0", " ") for name in FIGURES)
    lines = [
        f"{scores}{'*' if hidden else ' '} {url}",
        f"{'':22}{figures}",
        *(f"{'':22}{it}" for it in shortcomings(result)),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    if len(sys.argv) < 2 or not LIGHTHOUSE.exists():
        sys.exit(__doc__)
    portal, *addresses = sys.argv[1:]
    sys.stdout.write("perf a11y best  seo\n")
    for address in addresses or PAGES:
        sys.stdout.write(describe(portal.rstrip("/") + address))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
