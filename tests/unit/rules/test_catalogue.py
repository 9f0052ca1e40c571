"""The catalogue of fields is what it is given, each name once."""

from collections.abc import Iterator

import pytest

from leadflow.conditions.fields import Field
from leadflow.conditions.values import ValueKind
from leadflow.leads.declares import FIELD_FAMILIES, FIELDS
from leadflow.rules import field_catalogue as fields
from leadflow.scoring import score_fields

EXTRA = Field("shoe_size", ValueKind.NUMBER, FIELDS[0].expression)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = tuple(fields.CATALOGUE.values()), tuple(fields.FAMILIES.values())
    yield
    fields.install(*before)


def test_a_field_that_a_room_adds_can_be_named_and_others_no_longer() -> None:
    assert isinstance(fields.kinds_of("shoe_size"), str)
    fields.install((*FIELDS, EXTRA), FIELD_FAMILIES)
    assert fields.kinds_of("shoe_size") == (ValueKind.NUMBER,)
    assert not fields.is_at_hand("shoe_size")
    assert "no field" in str(fields.kinds_of("total_score"))


def test_two_fields_of_one_name_are_refused() -> None:
    with pytest.raises(fields.FieldTwice, match="shoe_size"):
        fields.install((EXTRA, EXTRA), ())
    with pytest.raises(fields.FieldTwice, match=r"events\."):
        fields.install((), (*FIELD_FAMILIES, FIELD_FAMILIES[-1]))


def test_no_two_rooms_declare_one_name() -> None:
    names = [field.name for field in (*FIELDS, *score_fields.FIELDS)]
    assert len(names) == len(set(names))
