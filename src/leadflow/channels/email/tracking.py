"""Links and a picture by which Leadflow hears that a mail was opened or a link followed.

Where a link leads is not in its address: that is looked up in the content, so that nobody can have
our address lead anywhere else. Links with a name in them, which lead elsewhere for each lead, stay
as they are, and so do those to opt out.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from html import unescape
from typing import Literal

from leadflow.channels.email.compiling import Compiled

Tracking = Literal["off", "clicks", "all"]
# Links have numbers from 1 on; these stand for the picture, the link that nobody sees, and the one
# to opt out.
OPEN, HONEYPOT, OPT_OUT, MOST_LINKS = 0, 255, 254, 250
# As it stands in the content: an address without anything in braces.
_LINK = re.compile(r'(<a\b[^>]*?\bhref=")(https?://[^"{}]+)(")', re.IGNORECASE)
_BODY_ENDS = re.compile(r"</body\s*>", re.IGNORECASE)
_TRAP = (
    '<a href="{{ tracked.trap }}" aria-hidden="true" tabindex="-1" '
    'style="display:none;mso-hide:all;max-height:0;overflow:hidden"></a>'
)
_PICTURE = (
    '<img src="{{ tracked.open }}" width="1" height="1" alt="" style="display:block;border:0">'
)


@dataclass(frozen=True)
class Tracked:
    """A content with links of ours in it, and where each of these leads, the first first."""

    content: Compiled
    targets: tuple[str, ...]


@lru_cache(maxsize=2000)
def tracked(content: Compiled, how: Tracking) -> Tracked:
    """The content with what is tracked; its text part stays as it is."""
    if how == "off":
        return Tracked(content, ())
    targets: list[str] = []

    def ours(found: re.Match[str]) -> str:
        if len(targets) == MOST_LINKS:
            return found[0]
        targets.append(unescape(found[2]))
        return f"{found[1]}{{{{ tracked.link_{len(targets)} }}}}{found[3]}"

    html = _LINK.sub(ours, content.html)
    more = (_TRAP if targets else "") + (_PICTURE if how == "all" else "")
    ends = [found.start() for found in _BODY_ENDS.finditer(html)]
    at = ends[-1] if ends else len(html)
    return Tracked(replace(content, html=html[:at] + more + html[at:]), tuple(targets))
