"""A database that is away is said with every request that finds it so, and where now and then."""

import logging

import pytest
from fastapi import Request
from sqlalchemy.exc import OperationalError

from leadflow.gateway.http import database_problems
from leadflow.gateway.http.database_problems import of_database


def test_thousands_of_requests_leave_one_traceback(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_problems, "_said", {})
    request = Request({"type": "http", "path": "/leads", "headers": []})
    with caplog.at_level(logging.ERROR):
        for _ in range(1000):
            away = OperationalError("SELECT 1", {}, Exception("gone"))
            assert of_database(request, away).status_code == 503
    assert len(caplog.records) == 1000
    assert sum(record.exc_info is not None for record in caplog.records) == 1
