"""Whatever an endpoint answers, there is a checked qualification or the kind of failure."""

import asyncio
import json
import logging
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from leadflow.integrations.ai.ask import ask
from leadflow.qualification.asking import Answer, Question
from leadflow.qualification.lead_record import Record
from leadflow.settings import Settings, get_settings
from tests.ai_endpoints import (
    Body,
    Handler,
    LLMock,
    qualification,
    scripted,
    sensible,
    settings_for,
    shape_of,
)

pytestmark = pytest.mark.uncounted

RECORD: Record = {
    "company_name": "TechCorp Inc",
    "job_title": "VP of Marketing",
    "budget": "25000.00 USD",
    "service_requirements": ["crm integration"],
    "timeline": "1-3 months",
}
QUOTES = [{"field": "budget", "quote": "25000.00 USD"}, {"field": "budget", "quote": "invented"}]
QUESTION = Question("lead_1", RECORD, "hash", datetime(2026, 5, 1, tzinfo=UTC))


def reply(data: Any) -> Body:
    text = data if isinstance(data, str) else json.dumps(data)
    return {"type": "reply", "text": text}


def asked(settings: Settings) -> Answer:
    return ask(QUESTION, settings)


def failure(llmock: LLMock, *behaviours: Body, **more: Any) -> str | None:
    """The kind of failure these behaviours end in; nothing of a qualification is left."""
    llmock.script(*behaviours)
    answer = asked(settings_for(llmock.url, **more))
    assert answer.qualification is None
    return answer.error


def test_a_good_answer_is_kept_with_what_it_took(llmock: LLMock) -> None:
    llmock.script(
        reply({"facts": QUOTES}),
        reply(qualification(80.0, QUOTES, "Who signs?")),
        reply({"unsupported": ["timeline"], "score": 75.0, "confidence": 0.6}),
    )
    answer = asked(settings_for(llmock.url, ai_model="gpt-test"))
    told = answer.qualification
    assert told is not None, answer.error
    assert (told.score, told.confidence, told.next_question) == (75.0, 0.6, "Who signs?")
    assert [quote.quote for quote in told.budget.evidence] == ["25000.00 USD"]
    assert told.timeline.evidence == []
    assert answer.tokens_in > 500
    assert answer.tokens_out > 50
    assert (answer.model, answer.error) == ("gpt-test", None)
    assert "VP of Marketing" in answer.prompt


def test_it_is_asked_within_an_event_loop_too(llmock: LLMock) -> None:
    llmock.script(
        reply({"facts": QUOTES}),
        reply(qualification(80.0, QUOTES, "Who signs?")),
        reply({"unsupported": ["timeline"], "score": 75.0, "confidence": 0.6}),
    )

    async def as_in_a_notebook() -> Answer:
        return asked(settings_for(llmock.url))

    assert asyncio.run(as_in_a_notebook()).error is None


def test_the_next_member_reads_only_what_held(llmock: LLMock) -> None:
    llmock.script(
        reply({"facts": QUOTES}),
        reply(qualification(80.0, QUOTES)),
        reply({"unsupported": [], "score": 80.0, "confidence": 0.6}),
    )
    asked(settings_for(llmock.url))
    later = [request["body"]["messages"] for request in llmock.requests()][1:]
    assert len(later) == 2
    assert all("25000.00 USD" in str(messages) for messages in later)
    assert not any("invented" in str(messages) for messages in later)


def test_an_answer_made_from_the_schema_claims_nothing_it_cannot_quote(llmock: LLMock) -> None:
    llmock.script()
    told = asked(settings_for(llmock.url)).qualification
    assert told is not None
    assert told.score == 50
    assert told.budget.finding == ""


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, "refused"),
        (403, "refused"),
        (429, "busy"),
        (500, "endpoint error"),
        (503, "endpoint error"),
    ],
)
def test_an_endpoint_that_fails_is_no_answer(llmock: LLMock, status: int, kind: str) -> None:
    assert failure(llmock, {"type": "fail", "status": status, "times": None}) == kind


def test_a_request_is_sent_again_where_the_endpoint_fails_for_a_moment(llmock: LLMock) -> None:
    llmock.script({"type": "fail", "status": 500}, {"type": "fail", "status": 429})
    answer = asked(settings_for(llmock.url, ai_retries=2))
    assert answer.error is None
    assert len(llmock.requests()) == 3 + 2


def test_a_request_is_sent_again_a_bounded_number_of_times(llmock: LLMock) -> None:
    assert failure(llmock, {"type": "fail", "status": 429, "times": None}, ai_retries=1) == "busy"
    assert len(llmock.requests()) == 2


def test_an_answer_that_comes_too_late_is_none(llmock: LLMock) -> None:
    started = time.monotonic()
    slow = {"type": "delay", "seconds": 300.0}
    assert failure(llmock, slow, ai_timeout_seconds=0.5) == "timeout"
    assert time.monotonic() - started < 250


@pytest.mark.few(4)
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("I think this is a hot lead!", "not JSON"),
        ("", "empty"),
        ("   ", "empty"),
        ("[" * 100_000, "not JSON"),
        ("null", "not JSON"),
        ("[]", "wrong shape"),
        ('"hot"', "wrong shape"),
        ({"score": 90}, "wrong shape"),
        ({"facts": [], "tool": "send_mail"}, "wrong shape"),
        ({"facts": "none"}, "wrong shape"),
        ({"facts": [{"field": "budget", "quote": "x" * 5000}]}, "wrong shape"),
        ("Action: search\nAction Input: {}", "not JSON"),
    ],
)
def test_a_wrong_answer_is_none(llmock: LLMock, answer: Any, kind: str) -> None:
    assert failure(llmock, reply(answer)) == kind


@pytest.mark.few(3)
@pytest.mark.parametrize("score", [1e9, -1e9, -0.1, 100.1, "100", None, float("inf"), float("nan")])
def test_an_absurd_score_is_no_answer(llmock: LLMock, score: Any) -> None:
    wrong = reply(qualification(score, QUOTES))
    assert failure(llmock, reply({"facts": []}), wrong) == "wrong shape"
    assert len(llmock.requests()) == 2


def test_a_tool_call_is_no_answer_and_calls_nothing(llmock: LLMock) -> None:
    call = {"name": "send_mail", "arguments": {"to": "all"}}
    assert failure(llmock, {"type": "reply", "tool_calls": [call], "times": None}) == "tool call"
    (request,) = llmock.requests()
    assert not {"tools", "functions", "tool_choice"} & set(request["body"])


def test_json_in_a_fence_is_read(llmock: LLMock) -> None:
    fenced = f"```json\n{json.dumps({'facts': []})}\n```"
    llmock.script(reply(fenced))
    assert asked(settings_for(llmock.url)).error is None


@pytest.mark.parametrize("way", ["json_object", "text"])
def test_an_endpoint_without_schemas_is_told_the_shape_in_words(llmock: LLMock, way: str) -> None:
    llmock.script(
        reply({"facts": []}),
        reply(qualification(80.0, QUOTES)),
        reply({"unsupported": [], "score": 80.0, "confidence": 0.6}),
    )
    assert asked(settings_for(llmock.url, ai_answer_format=way)).error is None
    request = llmock.requests()[1]["body"]
    assert "next_question" in request["messages"][-1]["content"]
    assert request.get("response_format") == ({"type": way} if way != "text" else None)


def test_nobody_listening_and_no_key_are_no_answer() -> None:
    assert asked(settings_for("http://127.0.0.1:9/v1")).error == "unreachable"
    no_key = get_settings().model_copy(update={"ai_api_key": SecretStr("")})
    assert asked(no_key).error == "refused"


def test_an_answer_that_drips_for_ever_is_cut_off() -> None:
    def drip(handler: Handler, body: Body) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    with scripted(drip) as endpoint:
        assert asked(settings_for(endpoint.url, ai_timeout_seconds=1.0)).error == "timeout"


def test_an_answer_without_end_is_cut_off() -> None:
    def flood(handler: Handler, body: Body) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 100_000)

    with scripted(flood) as endpoint:
        assert asked(settings_for(endpoint.url)).error == "too long"


@pytest.mark.parametrize("content", ["", "<html>busy</html>", "{}", '{"choices": []}', "[1]"])
def test_a_body_that_is_no_completion_is_no_answer(content: str) -> None:
    def odd(handler: Handler, body: Body) -> None:
        handler.answer(200, content)

    with scripted(odd) as endpoint:
        assert asked(settings_for(endpoint.url)).error in ("not JSON", "empty")


def test_nothing_of_a_lead_is_left_in_files_logs_or_on_the_screen(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.DEBUG, logger="crewai")

    def echoing(handler: Handler, body: Body) -> Body | None:
        if shape_of(body) == "Critique":
            handler.answer(500, {"error": {"message": f"could not read {body['messages']}"}})
            return None
        return sensible()(handler, body)

    with scripted(echoing) as endpoint:
        assert asked(settings_for(endpoint.url)).error == "endpoint error"
        assert len(endpoint.requests) == 3
    told = capfd.readouterr()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    said = " ".join(record.getMessage() for record in caplog.records if "http" not in record.name)
    for where in (told.out, told.err, kept.decode(errors="ignore"), said):
        assert "TechCorp" not in where
