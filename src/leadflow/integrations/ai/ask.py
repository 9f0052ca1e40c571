"""Asking the crew about one lead. Whatever happens, there is an answer or the kind of failure."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from leadflow.integrations.ai.errors import NotAnswered
from leadflow.integrations.ai.prompts import VERSION, whole_prompt
from leadflow.qualification.asking import Answer, Question
from leadflow.qualification.schemas import Qualification
from leadflow.settings import Settings

PROMPT_VERSION = VERSION
# CrewAI reads these as it is imported; a process of ours has them already.
QUIET = {
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_DISABLE_TRACKING": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "CREWAI_DISABLE_VERSION_CHECK": "true",
    "OTEL_SDK_DISABLED": "true",
}


def has_key(settings: Settings) -> bool:
    """Whether AI can be asked at all."""
    return settings.ai_api_key is not None and settings.ai_api_key.get_secret_value() != ""


def ask(question: Question, settings: Settings) -> Answer:
    """What the crew says of this lead, with what it was told and the tokens it took."""
    os.environ.update(QUIET)
    from leadflow.integrations.ai.crew import Qualifying

    told: Qualification | None = None
    error: str | None = None
    tokens_in = tokens_out = 0
    try:
        with Qualifying(question.record, settings) as qualifying:
            try:
                told = _outside_of_loops(qualifying.run)
            finally:
                tokens_in, tokens_out = qualifying.tokens
    except Exception as failure:
        error = _kind(failure)
    return Answer(
        qualification=told,
        error=error,
        prompt=whole_prompt(question.record),
        prompt_version=PROMPT_VERSION,
        model=settings.ai_model,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
    )


def _outside_of_loops(run: Callable[[], Qualification]) -> Qualification:
    """Run the crew where no event loop does, as one does in a notebook: CrewAI takes that for being
    called asynchronously, and asks nobody."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(copy_context().run, run).result()


def _kind(failure: BaseException) -> str:
    """The kind of failure, however CrewAI wrapped it."""
    seen: BaseException | None = failure
    while seen is not None:
        if isinstance(seen, NotAnswered):
            return seen.kind
        seen = seen.__cause__ or seen.__context__
    return "unexpected"
