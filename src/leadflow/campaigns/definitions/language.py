"""The languages in which pages speak to whoever gets mail, and a campaign's own, which may say its
country too."""

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, WithJsonSchema

from leadflow.conditions.problems import listed

Language = Literal["en", "de", "fr", "es", "it", "pt", "nl", "pl"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
CODE = re.compile(r"([a-z]{2})([-_][a-z0-9]{2,8})*", re.IGNORECASE | re.ASCII)


def spoken(said: object) -> Language | None:
    """The language of a code such as ``de``, ``de-AT`` or ``pt_BR``; None where it is none of
    ours."""
    code = str(said or "").strip().lower().replace("_", "-").partition("-")[0]
    return next((one for one in LANGUAGES if one == code), None)


def _written(given: str) -> str:
    if CODE.fullmatch(given) is None or (language := spoken(given)) is None:
        raise ValueError(
            f"there are pages in {listed(LANGUAGES)}: write one of these, or one with its country, "
            "such as de-AT"
        )
    _, *more = given.replace("_", "-").split("-")
    # A country is written in capitals, a script (Latn) or another variant as it is.
    return "-".join([language, *(one.upper() if len(one) == 2 else one for one in more)])


# As it is told to mailboxes: de-AT.
LanguageTag = Annotated[
    str,
    AfterValidator(_written),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^({'|'.join(LANGUAGES)})([-_][A-Za-z0-9]{{2,8}})*$",
            "examples": [*LANGUAGES, "de-AT"],
        }
    ),
]
