"""What Jinja does not understand between braces, in words of people who never heard of it. Pure."""

import re
from collections.abc import Callable

_SO = 'Names stand so: {{ lead.first_name | fallback("there") }}.'
_IF = "An if begins with {% if lead.first_name %} and ends with {% endif %}."
_SAID: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (
        r"(?s)Unexpected end of template.*needs to be closed is '(\w+)'",
        lambda found: f"{{% {found[1]} … %}} is not closed: write {{% end{found[1]} %}} below.",
    ),
    (
        r"Encountered unknown tag '(\w+)'",
        lambda found: f"{{% {found[1]} %}} says nothing here, or stands without its if. {_IF}",
    ),
    (
        r"expected token 'end of print statement', got '(.+)'",
        lambda found: (
            f"{{{{ is not closed with }}}} before {found[1]}, or more stands there than "
            f"a name. {_SO}"
        ),
    ),
    (
        r"expected token 'end of statement block', got '(.+)'",
        lambda found: (
            f"{{% is not closed with %}} before {found[1]}, or more stands there than "
            f"what is asked for. {_IF}"
        ),
    ),
    (
        r"unexpected '<'",
        lambda _: f"{{{{ or {{% is not closed before a <: write }}}} or %}}. {_SO}",
    ),
    (r"unexpected '(.+)'", lambda found: f"{found[1]} has no place between braces. {_SO}"),
    (
        r"unexpected char '(.+)' at",
        lambda found: f"{found[1]} has no place between braces. {_SO}",
    ),
    (r"Missing end of comment tag", lambda _: "{# is not closed: write #} where the note ends."),
    (r"Expected an expression, got", lambda _: f"Between the braces stands nothing. {_SO}"),
)


def not_understood(message: str | None) -> str:
    """What to write, for what Jinja says of braces that it does not understand."""
    for form, words in _SAID:
        if found := re.search(form, message or ""):
            return words(found)
    return f"The braces are not understood. {_SO} {_IF}"
