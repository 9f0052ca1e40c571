"""What is wrong with a value that somebody wrote is said without the name of a class of ours, and a
number beyond the database as a sentence."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

import psycopg
import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core._pydantic_core import list_all_errors
from sqlalchemy.exc import DataError

from leadflow.cli.failed import in_words as failed_in_words
from leadflow.refusals import LIST, OBJECT, SHAPE, TEXT, in_words, sentence


class OursOfOneKind(BaseModel):
    """A body."""

    number: int = 0


@dataclass
class OursOfAnother:
    """A part of one."""

    number: int = 0


@pytest.mark.parametrize("said", [None, "", "x", 3, True, [], ["x"]])
@pytest.mark.parametrize("wanted", [OursOfOneKind, OursOfAnother, dict[str, int]])
def test_where_names_with_values_are_wanted_no_class_is_named(wanted: Any, said: object) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(wanted).validate_python(said)
    assert [in_words(fault) for fault in refused.value.errors()] == [OBJECT]


THEIRS = ("Input", "String", "Tuple", "List", "Field required", "integer", "boolean", "tuple")


@pytest.mark.parametrize("fault", list_all_errors(), ids=lambda one: one["type"])
def test_no_fault_is_told_in_the_words_of_the_library(fault: dict[str, Any]) -> None:
    told = sentence({"type": fault["type"], "msg": fault["message_template_python"]})
    assert not [word for word in THEIRS if word in told], told


@pytest.mark.parametrize(
    ("wanted", "said", "told"),
    [
        (Literal["a", "b", "c"], "d", "write a, b or c"),
        (int, "two", "write a whole number"),
        (float, "a day", "write a number"),
        (bool, "maybe", "write true or false"),
        (tuple[int, ...], 5, LIST),
        (str, 5, TEXT),
        (Annotated[float, Field(gt=0)], -1, "write a number above 0"),
        (Annotated[int, Field(le=2000)], 3000, "write a number of at most 2,000"),
        (Annotated[str, Field(max_length=3)], "long", "write at most 3 characters"),
        (Annotated[list[int], Field(min_length=1)], [], "write at least 1 of these"),
        (Annotated[str, Field(pattern="^[A-Z]{3}$")], "euro", "such as EUR"),
        (Annotated[str, Field(pattern="^x$")], "y", SHAPE),
        (date, "soon", "write a day such as"),
    ],
)
def test_what_is_wrong_with_a_value_says_what_to_write(wanted: Any, said: Any, told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(wanted).validate_python(said)
    [fault] = refused.value.errors()
    assert told in in_words(fault)


def test_every_shape_of_text_that_people_write_is_said_in_words() -> None:
    for pattern in ("^[a-z][a-z0-9_]{0,62}$", "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"):
        fault = {"type": "string_pattern_mismatch", "ctx": {"pattern": pattern}, "msg": pattern}
        assert pattern not in sentence(fault)
        assert "letter" in sentence(fault)


def test_a_number_beyond_the_database_or_the_calendar_is_told_as_one() -> None:
    beyond = psycopg.errors.NumericValueOutOfRange("integer out of range")
    told = failed_in_words(DataError("SELECT 1", None, beyond))
    assert told is not None
    assert "a number is too large" in told
    with pytest.raises(OverflowError) as refused:
        datetime.now(UTC) - timedelta(days=99_999_999)
    told = failed_in_words(refused.value)
    assert told is not None
    assert "A number is too large" in told
