"""Texts that cannot be stored are seen, however they are written."""

import json

import pytest

from leadflow.gateway.http.bounds.texts import unreadable


@pytest.mark.parametrize(
    "written",
    [
        '"\\u0000"',
        '"a\\\\\\u0000"',
        '{"\\u0000": 1}',
        '"\\ud800"',
        '"\\uD83D"',
        '"\\ud83dx"',
        '"\\ud83d\\u0041"',
        '"\\ude00"',
        '"\\ude00\\ud83d\\ude00"',
    ],
)
def test_what_cannot_be_stored_is_refused(written: str) -> None:
    json.loads(written)
    refused = unreadable(written.encode(), form=False)
    assert refused is not None
    assert refused.status_code == 422


@pytest.mark.parametrize(
    "written",
    ['"\\\\u0000"', '"\\ud83d\\ude00"', '"\\u00e9\\u0041"', '"\\\\\\\\ud800"', '"u0000"', "{}", ""],
)
def test_what_can_be_stored_is_not(written: str) -> None:
    assert unreadable(written.encode(), form=False) is None


def test_forms_write_it_in_their_way() -> None:
    assert unreadable(b"username=a%00b", form=True) is not None
    assert unreadable(b"username=a%20b&x=%5Cu0000", form=True) is None
