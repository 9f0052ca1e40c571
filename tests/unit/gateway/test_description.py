"""The API's description can be read by any program that knows JSON Schema."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from tests.gateways import application

# JSON Schema 2020-12, all vocabularies, and what OpenAPI 3.1 adds to it.
KEYWORDS = frozenset(
    """
    $schema $id $ref $defs $anchor $dynamicRef $dynamicAnchor $vocabulary $comment
    allOf anyOf oneOf not if then else dependentSchemas prefixItems items contains properties
    patternProperties additionalProperties propertyNames unevaluatedItems unevaluatedProperties
    type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength
    pattern maxItems minItems uniqueItems maxContains minContains maxProperties minProperties
    required dependentRequired title description default deprecated readOnly writeOnly examples
    format contentEncoding contentMediaType contentSchema
    discriminator xml externalDocs example
    """.split()  # noqa: SIM905
)
OF_SCHEMAS = ("allOf", "anyOf", "oneOf", "prefixItems")
OF_ONE = ("items", "not", "additionalProperties", "propertyNames", "contains", "if", "then", "else")
BY_NAME = ("properties", "patternProperties", "$defs", "dependentSchemas")


@lru_cache
def description() -> dict[str, Any]:
    return application().openapi()


def within(schema: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A schema and all that it is made of, each with its place."""
    if not isinstance(schema, dict):
        return
    yield place, schema
    for name in OF_SCHEMAS:
        for number, one in enumerate(schema.get(name, ())):
            yield from within(one, f"{place}.{name}[{number}]")
    for name in OF_ONE:
        yield from within(schema.get(name), f"{place}.{name}")
    for name in BY_NAME:
        for own, one in schema.get(name, {}).items():
            yield from within(one, f"{place}.{own}")


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    document = description()
    for name, schema in document["components"]["schemas"].items():
        yield from within(schema, name)
    for path, place in document["paths"].items():
        for method, operation in place.items():
            for one in operation.get("parameters", ()):
                yield from within(one["schema"], f"{method} {path} {one['name']}")
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                for content in body.get("content", {}).values():
                    yield from within(content.get("schema"), f"{method} {path}")


def test_every_schema_is_written_in_keywords_of_json_schema() -> None:
    found = list(schemas())
    assert len(found) > 1000
    assert {(place, name) for place, one in found for name in one.keys() - KEYWORDS} == set()


def test_bounds_of_numbers_are_said() -> None:
    made = description()["components"]["schemas"]
    for model, field, most in (
        ("LeadIn", "company_size", 10_000_000),
        ("LeadEdit", "budget", 1e12),
        ("LeadIn", "website_visits", 1_000_000),
        ("OutcomeIn", "value", 1e12),
    ):
        number = made[model]["properties"][field]["anyOf"][0]
        assert (number["minimum"], number["maximum"]) == (0, most), (model, field)
    for model in ("EventIn", "OutcomeIn"):
        assert "1970 or later" in made[model]["properties"]["occurred_at"]["description"]


def test_every_answer_with_a_body_says_what_it_is() -> None:
    for path, place in description()["paths"].items():
        for method, operation in place.items():
            for status, answer in operation["responses"].items():
                contents = answer.get("content", {})
                assert all(one.get("schema") for one in contents.values()), (method, path)
                assert contents or status == "204" or status >= "400", (method, path, status)
