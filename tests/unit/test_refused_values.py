"""What is wrong with a value that somebody wrote is said without the name of a class of ours, and a
number beyond the database as a sentence."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy.exc import DataError

from leadflow.cli.failed import in_words as failed_in_words
from leadflow.refusals import OBJECT, in_words


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
