"""What the keyboard alone finds on a page: everything is reached, what has the focus is seen, nothing lies over it."""

from playwright.sync_api import Page

# The first Tab makes the browser show the focus; each element then takes it as a further Tab would give it.
LOOK = """() => {
    const shown = e => e.checkVisibility({visibilityProperty: true, opacityProperty: false});
    const named = e => e.outerHTML.replace(/\\s+/g, " ").slice(0, 110);
    const found = [];
    const all = [...document.querySelectorAll("a[href],button,input,select,textarea,summary,[tabindex]")];
    for (const element of all) {
        if (element.tabIndex > 0) found.push(`out of its turn: ${named(element)}`);
        if (element.disabled || element.type === "hidden" || element.tabIndex < 0 || !shown(element)) continue;
        element.scrollIntoView({block: "center"});
        element.focus();
        if (document.activeElement !== element) { found.push(`takes no focus: ${named(element)}`); continue; }
        const box = element.closest(".cc-tile") || element;
        const marks = [element, box, box.querySelector("label"), element.parentElement].filter(e => e);
        const seen = marks.some(e => {
            const style = getComputedStyle(e);
            return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
        });
        if (!seen) found.push(`focus isn't seen: ${named(element)}`);
        const rect = [...element.getClientRects()].find(r => r.width > 1 && r.height > 1);
        if (!rect) continue;
        const at = document.elementFromPoint(rect.x + rect.width / 2, rect.y + rect.height / 2);
        const label = element.labels && [...element.labels].some(each => each.contains(at));
        if (at && at !== element && !element.contains(at) && !label)
            found.push(`lies under ${named(at)}: ${named(element)}`);
    }
    return found;
}"""


def faults(page: Page) -> list[str]:
    """Return what is wrong with the open page for somebody without a mouse (WCAG 2.1.1, 2.4.3, 2.4.7, 2.4.11)."""
    page.evaluate("document.activeElement && document.activeElement.blur(); window.scrollTo(0, 0)")
    page.keyboard.press("Tab")
    return list(page.evaluate(LOOK))
