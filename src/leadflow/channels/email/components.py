"""The elements of MJML, and which of them stands in which, as its own documentation says."""

from collections.abc import Mapping

_CONTENT = frozenset(
    {
        "mj-accordion",
        "mj-button",
        "mj-carousel",
        "mj-divider",
        "mj-image",
        "mj-navbar",
        "mj-raw",
        "mj-social",
        "mj-spacer",
        "mj-table",
        "mj-text",
    }
)
# What may stand in each element that holds other elements and no words.
HOLDS: Mapping[str, frozenset[str]] = {
    "": frozenset({"mjml"}),
    "mjml": frozenset({"mj-head", "mj-body"}),
    "mj-head": frozenset(
        {
            "mj-attributes",
            "mj-breakpoint",
            "mj-font",
            "mj-preview",
            "mj-raw",
            "mj-style",
            "mj-title",
        }
    ),
    "mj-body": frozenset({"mj-section", "mj-wrapper", "mj-hero", "mj-raw"}),
    "mj-wrapper": frozenset({"mj-section", "mj-hero", "mj-raw"}),
    "mj-section": frozenset({"mj-column", "mj-group", "mj-raw"}),
    "mj-group": frozenset({"mj-column", "mj-raw"}),
    "mj-column": _CONTENT,
    "mj-hero": _CONTENT,
    "mj-accordion": frozenset({"mj-accordion-element", "mj-raw"}),
    "mj-accordion-element": frozenset({"mj-accordion-title", "mj-accordion-text", "mj-raw"}),
    "mj-carousel": frozenset({"mj-carousel-image"}),
    "mj-navbar": frozenset({"mj-navbar-link", "mj-raw"}),
    "mj-social": frozenset({"mj-social-element", "mj-raw"}),
}
COMPONENTS = frozenset().union(*HOLDS.values()) | {"mj-all", "mj-class"}
# HTML that nothing closes, and rows and lists between whose parts no words can stand.
VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
WORDLESS = frozenset({"table", "thead", "tbody", "tfoot", "tr", "mj-table"})
# Those inside of which words stand.
WORDY = frozenset(
    {
        "mj-accordion-text",
        "mj-accordion-title",
        "mj-button",
        "mj-navbar-link",
        "mj-raw",
        "mj-social-element",
        "mj-text",
    }
)
# What a mail has no use for, and mailboxes take out or take amiss.
UNWANTED = frozenset({"script", "iframe", "object", "embed", "form", "base"})


def parents_of(component: str) -> list[str]:
    """The elements in which this one may stand."""
    return sorted(parent for parent, inside in HOLDS.items() if component in inside and parent)


def takes_words(tag: str) -> bool:
    """Whether words may stand directly inside of an element, of MJML or of HTML."""
    return tag in WORDY or not (tag in COMPONENTS or tag in HOLDS or tag in WORDLESS)
