"""The payload of an event: how large it may be, and the JSON schema of its type that it keeps.

What is wrong is said by place and rule, never with the value: a payload may be personal data.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from leadflow.conditions.storable import unstorable
from leadflow.leads.events.payload_schemas import SchemaInvalid, see_bounded
from leadflow.leads.tables import LARGEST_PAYLOAD
from leadflow.privacy.columns import json_text

__all__ = ["PayloadRefused", "SchemaInvalid", "check_payload", "check_schema"]

Payload = Mapping[str, Any]
MOST_PROBLEMS = 5
# A schema names nothing outside itself: there is no registry to look in, and nothing is fetched.
NOWHERE: Registry[Any] = Registry()


class PayloadRefused(ValueError):
    """The payload of an event cannot be kept, or is not what its type says it is."""

    def __init__(self, event_type: str, problems: list[str]) -> None:
        said = "; ".join(problems[:MOST_PROBLEMS])
        super().__init__(f"The payload of {event_type} cannot be taken: {said}.")


def check_payload(event_type: str, payload: Payload, schema: Payload | None) -> None:
    """See that a payload is small enough to be kept and what its type says it is.

    Raises:
        PayloadRefused: with the place of what is wrong.
    """
    if found := unstorable(payload):
        places = [f"{_place(item.place)}: {item.problem.rstrip('.')}" for item in found]
        raise PayloadRefused(event_type, places)
    if (size := _size(payload)) > LARGEST_PAYLOAD:
        said = f"it has {size:,} bytes as JSON and may have {LARGEST_PAYLOAD:,}"
        raise PayloadRefused(event_type, [said])
    if schema is None:
        return
    validator = _validator(json.dumps(schema, sort_keys=True))
    try:
        problems = [_said(error) for error in validator.iter_errors(dict(payload))]
    except (RecursionError, Unresolvable) as error:
        raise PayloadRefused(event_type, ["the schema of this type cannot be followed"]) from error
    if problems:
        raise PayloadRefused(event_type, sorted(problems))


def check_schema(schema: Payload) -> None:
    """See that a payload's schema can be used: JSON Schema 2020-12 that refers to nothing outside
    itself.

    Regular expressions are not taken: matching one may take for ever, and everybody waits.

    Raises:
        SchemaInvalid: it cannot.
    """
    see_bounded(schema)
    try:
        Draft202012Validator.check_schema(schema)
        list(_validator(json.dumps(schema, sort_keys=True)).iter_errors({}))
    except SchemaError as error:
        raise SchemaInvalid(f"is no JSON schema: {error.message} ({error.json_path})") from error
    except Unresolvable as error:
        raise SchemaInvalid("refers to something that is not in it; nothing is fetched") from error
    except RecursionError as error:
        raise SchemaInvalid("refers to itself without end") from error


@lru_cache(maxsize=512)
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema), registry=NOWHERE)


def _said(error: ValidationError) -> str:
    """The place and the rule, without what was sent; a key of the sender's is not repeated."""
    place = error.json_path.removeprefix("$").removeprefix(".") or "it"
    rule: Any = error.validator_value
    instance: Any = error.instance
    if error.validator == "required":
        missing = [name for name in rule if name not in instance]
        return f"{place} lacks {', '.join(missing)}"
    if error.validator == "additionalProperties":
        return f"{place} has a key that the type does not name"
    said = json.dumps(rule, ensure_ascii=False)
    return f"{place} does not keep {error.validator}: {said[:200]}"


def _place(said: str) -> str:
    """The place without a key that the sender chose and that cannot be shown."""
    place, key, _ = said.partition(" (the key ")
    return (f"a key of {place}" if place else "a key") if key else place or "it"


def _size(payload: Payload) -> int:
    """Bytes of the payload as it is stored, but for its encryption."""
    return len(json_text(dict(payload)).encode())
