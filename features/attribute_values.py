"""Reading an attribute as what it is registered as, whatever was sent: SQL that never fails.

An attribute is a JSON value. Its kind was settled when its name was first seen; a later value may
be of another type. What can be read as the kind is read, the rest is missing, and nothing raises:
every cast stands behind a check of the text's exact shape. Needs PostgreSQL 13 or later.

The expressions are text and not built of parts, because a company may have hundreds of attributes
and one lead is scored in milliseconds. ``json`` is the value as JSON, ``words`` the same as text.
"""

from datetime import date
from re import compile as pattern

TRUE, FALSE = frozenset({"true", "1", "yes", "y", "t"}), frozenset({"false", "0", "no", "n", "f"})
WRITTEN_NUMBER = r"^\s*[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?\s*$"
# A text such as 5.000, which is five or five thousand, and 01067, which is a code, are no numbers.
UNCERTAIN_NUMBER = r"^\s*[+-]?([1-9][0-9]{0,2}\.[0-9]{3}|0[0-9].*)\s*$"
LARGEST, SMALLEST = "1.7976931348623157e308", "1e-300"  # of a double; smaller ones are nil
SAFE_DIGITS = 300  # a plain number of so many characters is always within a double's range
MOST_DIGITS = 1000
WRITTEN_DATE = (
    r"^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
    r"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?$"
)
WITH_ZONE = r"[T ].*(Z|[+-][0-9:]{5})$"
_DATE = pattern(WRITTEN_DATE)


def is_written_date(text: str) -> bool:
    """Whether a text is an ISO 8601 date or date-time of a day that exists."""
    if _DATE.match(text) is None or text.endswith("\n"):
        return False
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def as_number(json: str, words: str) -> str:
    """A JSON number, or a text that is one for certain; beyond a double's range it is missing."""
    return f"""CASE
    WHEN jsonb_typeof({json}) = 'number' AND length({words}) <= {SAFE_DIGITS}
        THEN ({words})::double precision
    WHEN jsonb_typeof({json}) IN ('number', 'string') THEN
        CASE WHEN {words} ~ '{WRITTEN_NUMBER}' AND {words} !~ '{UNCERTAIN_NUMBER}'
            AND length({words}) <= {MOST_DIGITS} THEN
            CASE WHEN abs(({words})::numeric) < {SMALLEST} THEN 0.0::double precision
                WHEN abs(({words})::numeric) <= {LARGEST} THEN ({words})::numeric::double precision
            END
        END
    END"""


def as_truth(json: str, words: str) -> str:
    """A JSON boolean, or a word or number that says yes or no, as 1.0 and 0.0."""
    word = f"lower(btrim({words}))"
    return f"""CASE WHEN jsonb_typeof({json}) IN ('boolean', 'string', 'number') THEN
        CASE WHEN {word} IN ({_listed({*TRUE, "1.0"})}) THEN 1.0::double precision
            WHEN {word} IN ({_listed({*FALSE, "0.0"})}) THEN 0.0::double precision
        END
    END"""


def as_category(json: str, words: str) -> str:
    """A text; a number or a boolean is the text it is written as, 4.0 as ``4``."""
    return f"""CASE
    WHEN jsonb_typeof({json}) IN ('string', 'boolean') THEN nullif(btrim({words}), '')
    WHEN jsonb_typeof({json}) = 'number' THEN
        CASE WHEN length({words}) <= {MOST_DIGITS} THEN trim_scale(({words})::numeric)::text END
    END"""


def as_days_since(json: str, words: str, as_of: str) -> str:
    """Calendar days (UTC) from an ISO 8601 date to the moment; negative while it lies ahead.

    A date-time without a zone is in UTC. A text of another shape, or a day that does not exist, is
    missing.
    """
    first = f"make_date(substr({words}, 1, 4)::int, substr({words}, 6, 2)::int, 1)"
    return f"""CASE WHEN jsonb_typeof({json}) = 'string' AND {words} ~ '{WRITTEN_DATE}' THEN
        CASE WHEN substr({words}, 9, 2)::int
                <= extract(day FROM {first} + interval '1 month' - interval '1 day') THEN
            ((timezone('UTC', {as_of}))::date - (
                CASE WHEN {words} ~ '{WITH_ZONE}'
                    THEN timezone('UTC', ({words})::timestamptz)
                    ELSE ({words})::timestamp
                END
            )::date)::double precision
        END
    END"""


def as_words(json: str, words: str) -> str:
    """How many words a text has; missing where nothing is written."""
    written = rf"nullif(btrim({words}, E' \t\r\n'), '')"
    return rf"""CASE WHEN jsonb_typeof({json}) = 'string' THEN
        cardinality(regexp_split_to_array({written}, '\s+'))::double precision
    END"""


def _listed(words: set[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))
