"""Pages of the console that come in the place of another, as they do after each link and form, keep
the head of the first: what all pages need stands in it from the beginning."""

from pathlib import Path

import leadflow.gateway.console

TEMPLATES = Path(leadflow.gateway.console.__file__).parent / "templates"


def test_no_page_but_the_first_brings_a_stylesheet() -> None:
    bring = [path.name for path in TEMPLATES.rglob("*.html") if "stylesheet" in path.read_text()]
    assert bring == ["base.html"]
