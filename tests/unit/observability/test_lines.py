"""A line of the log says when, how bad, who wrote it and for what; and nothing about a person."""

import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from leadflow.leads.service import LeadNotFound
from leadflow.observability import logs
from leadflow.observability.logs import LineFormatter, bound, get_logger
from leadflow.observability.records import SafeRecords
from leadflow.observability.trace_context import within

EMAIL, PHONE, PERSON, COMPANY = (
    "jo.canary@canary.example",
    "+1 (415) 555-0134",
    "Jo Canary",
    "Canary",
)
CANARIES = (EMAIL, PHONE, PERSON, COMPANY, "415 555 0134", "canary", "555-0134")
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What has been logged since it was last asked for."""
    logs.configure("tests")
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def holds_no_canary(said: object) -> bool:
    return not any(canary.lower() in json.dumps(said).lower() for canary in CANARIES)


def record(name: str, message: object, *args: object, error: Exception | None = None) -> Any:
    found = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord(name, logging.WARNING, "somewhere.py", 7, message, args, found)


def test_a_line_says_when_how_bad_and_what_it_belongs_to(lines: Lines) -> None:
    log = get_logger("leadflow.tests")
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with bound(lead_id="lead_1", request_id="req_1"), within(trace):
        log.warning("something happened", status=200, duration_ms=1.5)
        logging.getLogger("leadflow.other").warning("act %s failed", "notify")
    log.warning("later")
    ours, others, later = lines()
    assert datetime.fromisoformat(ours["timestamp"]).utcoffset() is not None
    assert (ours["level"], ours["logger"]) == ("warning", "leadflow.tests")
    assert (ours["event"], ours["status"], ours["duration_ms"]) == ("something happened", 200, 1.5)
    assert others["event"] == "act notify failed"
    for line in (ours, others):
        assert (line["lead_id"], line["request_id"]) == ("lead_1", "req_1")
        assert line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert not {"lead_id", "trace_id"} & set(later)


def test_a_failure_has_its_traceback_and_no_words_of_others(lines: Lines) -> None:
    class Row(BaseModel):
        size: int

    try:
        Row.model_validate({"size": PERSON})
    except ValidationError as error:
        get_logger("leadflow.tests").error("row refused", exc_info=error)
        logging.getLogger("leadflow.tests").error("row refused", exc_info=error)
    for line in lines():
        assert "test_lines.py" in line["exception"]
        assert line["exception"].endswith("ValidationError")
        assert holds_no_canary(line)


def test_an_error_of_ours_keeps_its_message(lines: Lines) -> None:
    get_logger("leadflow.tests").error("not found", exc_info=LeadNotFound("lead_1"))
    assert "lead_1" in lines()[0]["exception"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", EMAIL),
        ("contact_name", PERSON),
        ("company", COMPANY),
        ("anything", COMPANY),
        ("phone", 14155550134),
        ("payload", {"email": EMAIL}),
        ("event_data", [PERSON]),
        ("route", f"/leads/{EMAIL}"),
        ("lead_id", PERSON),
        ("lead", LeadNotFound(PERSON)),
    ],
)
def test_a_field_that_may_be_about_a_person_is_left_out(
    lines: Lines, field: str, value: object
) -> None:
    get_logger("leadflow.tests").warning("said", **{field: value})
    line = lines()[0]
    assert line[field] == "…"
    assert holds_no_canary(line)
    assert "14155550134" not in str(line)


@pytest.mark.parametrize(
    "said",
    [
        record("sqlalchemy.engine", "INSERT … {'email': 'jo.canary@canary.example'}"),
        record("httpx", 'HTTP Request: %s %s "%s"', "GET", f"https://x/?name={COMPANY}", "200 OK"),
        record("apprise", "told %s at %s", "Canary", EMAIL),
        record("apprise", "told Jo Canary"),
        record("leadflow.a", "told %s", PERSON),
        record("leadflow.a", f"told {EMAIL} and {PHONE} and 415 555 0134"),
        record("prefect.flow_runs", f"Finished in state Failed('ValueError: {PERSON}')"),
        record("uvicorn.error", "failed", error=ValueError(PERSON)),
        record("leadflow.a", "failed: %s", ValueError(PERSON)),
        record(
            "leadflow.a",
            f"duplicate key value\nDETAIL:  Key (lower(email))=({EMAIL}) already exists.\n"
            f"[parameters: {{'company': {COMPANY}}}]",
        ),
        record("leadflow.a", "1 validation error input_value=Jo Canary, input_type=str"),
        record("leadflow.a", {"email": EMAIL, "name": PERSON}),
    ],
    ids=lambda said: said.name,
)
def test_what_a_library_says_of_a_person_is_left_out(said: logging.LogRecord) -> None:
    formatted = LineFormatter().format(said)
    assert holds_no_canary(formatted)
    SafeRecords().filter(said)
    elsewhere = logging.Formatter("%(message)s").format(said)
    assert holds_no_canary(elsewhere)
    assert "\n" not in formatted


def test_figures_dates_and_addresses_of_servers_stay() -> None:
    text = "took 12.5 s at http://127.0.0.1:8000 on 2026-11-28 05:22, 300 of 1000 rows, pid 41234"
    assert json.loads(LineFormatter().format(record("leadflow.a", text)))["event"] == text


def test_what_is_known_and_always_said_is_no_line_and_any_other_warning_is() -> None:
    """In the words of the installed Prefect, which are looked at where they are."""
    import inspect

    from prefect import task_engine

    from leadflow.observability.records import KNOWN, WorthSaying

    source = "".join(
        line.strip().strip('"') for line in inspect.getsource(task_engine).splitlines()
    )
    assert KNOWN in source
    worth = WorthSaying()
    said = record("prefect.task_runs", f"Timeout of %s{KNOWN}. And more.", 600.0)
    assert not worth.filter(said)
    SafeRecords().filter(said)
    assert not worth.filter(said)
    assert worth.filter(record("prefect.task_runs", "Timeout of 600 s has passed"))
