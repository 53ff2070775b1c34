"""What is asked of every page in a browser."""

from axe_playwright_python.base import AXE_SCRIPT

# All the rules that axe has: those of WCAG 2.2, AAA and experimental ones are off unless they are asked for.
RUN_AXE = """(only) => axe.run(document, {
    resultTypes: ["violations"],
    ...(only ? {runOnly: {type: "rule", values: only}} : {}),
    rules: Object.fromEntries(axe.getRules().map(({ruleId}) => [ruleId, {enabled: !only || only.includes(ruleId)}])),
})"""

# An experimental rule takes a lead of one short sentence for a heading.
EXPECTED = [("p-as-heading", [".lead"])]

# The rules whose answer hangs on colours, or on where things stand and how large they are. What has the contrast of
# WCAG AAA has that of AA.
RULES_OF_LOOK = [
    "color-contrast-enhanced",
    "link-in-text-block",
    "scrollable-region-focusable",
    "target-size",
]

# Text and controls that reach outside the window, or outside a part of the page that cuts off what is too large.
LOST = """() => {
    const lost = [];
    const cuts = (style) => /hidden|clip/.test(style.overflowX + style.overflowY);
    const see = (element, boxes, words) => {
        if (!element.checkVisibility({visibilityProperty: true})) return;
        for (let around = element; around !== document.body; around = around.parentElement) {
            const style = getComputedStyle(around);
            if (style.clipPath === "inset(50%)" || /auto|scroll/.test(style.overflowX)) return;
            if (!cuts(style)) continue;
            const frame = around.getBoundingClientRect();
            if (boxes.some((box) => box.right > frame.right + 1 || box.left < frame.left - 1
                || box.bottom > frame.bottom + 1 || box.top < frame.top - 1)) lost.push(words);
        }
        if (boxes.some((box) => box.right > innerWidth + 1 || box.left < -1)) lost.push(words);
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode;
        if (!text.data.trim()) continue;
        const range = document.createRange();
        range.selectNodeContents(text);
        see(text.parentElement, [...range.getClientRects()], text.data.trim().slice(0, 60));
    }
    for (const element of document.querySelectorAll("input, textarea, select, button, img, svg, table")) {
        see(element, [element.getBoundingClientRect()], element.outerHTML.slice(0, 60));
    }
    if (document.documentElement.scrollWidth > innerWidth) lost.push(`${document.documentElement.scrollWidth} px wide`);
    return lost;
}"""

# WCAG 1.4.12. A sheet made by script is let through by the content security policy, a style element is not.
SPACE_TEXT_OUT = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
        * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
        p { margin-block-end: 2em !important; }
    `);
    document.adoptedStyleSheets.push(sheet);
}"""


def faults(page, only: list[str] | None = None) -> list:
    """What axe finds with all of its rules, or with those named, and what is cut off or reaches outside the window."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(RUN_AXE, only)["violations"]
    nodes = [(rule["id"], node["target"], node["html"]) for rule in found for node in rule["nodes"]]
    return [node for node in nodes if node[:2] not in EXPECTED] + lost(page)


def lost(page) -> list[str]:
    return page.evaluate(LOST)
