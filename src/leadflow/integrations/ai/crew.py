"""The crew: a researcher, a qualifier and a critic, run by CrewAI, one after the other.

CrewAI's telemetry, tracing, memory, delegation, caches and tools are off, and what it would keep of
a run on disk is not kept. Heavy: import it where AI is asked, not before.
"""

from typing import Any, Self

from crewai import Agent, Crew, Process, Task
from pydantic import PrivateAttr

from leadflow.integrations.ai.endpoint import Check, Endpoint, client_of
from leadflow.integrations.ai.errors import NotAnswered
from leadflow.integrations.ai.prompts import CREW, Part, answer_text, task_text
from leadflow.qualification.evidence import criticised, kept_qualification, kept_research
from leadflow.qualification.lead_record import Record
from leadflow.qualification.schemas import Critique, Qualification
from leadflow.settings import Settings


class _NothingKept:
    """Takes the place of CrewAI's store of task outputs, an SQLite file in the user's folders."""

    def reset(self) -> None:
        """There is nothing to reset."""

    def update(self, task_index: int, log: dict[str, Any]) -> None:
        """Nothing is kept."""

    def load(self) -> list[dict[str, Any]]:
        """Nothing was kept."""
        return []


class LeadCrew(Crew):
    """A crew that leaves nothing behind."""

    _task_output_handler: Any = PrivateAttr(default_factory=_NothingKept)


class Qualifying:
    """One lead's way through the crew: what it was asked, what held, and the tokens it took."""

    def __init__(self, record: Record, settings: Settings) -> None:
        checks: dict[str, Check] = {
            "Research": lambda answer: kept_research(answer, record),
            "Qualification": self._qualified,
            "Critique": self._criticised,
        }
        self._record = record
        self._with_schema = settings.ai_answer_format != "json_schema"
        self._client = client_of(settings)
        self._endpoints = [
            Endpoint.of(settings, self._client, part.shape, checks[part.shape.__name__])
            for part in CREW
        ]
        self._qualification: Qualification | None = None
        self._critique: Critique | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._client.close()

    def run(self) -> Qualification:
        """Let the crew work.

        Raises:
            NotAnswered: a member gave no answer that can be used.
        """
        agents = [_agent(part, llm) for part, llm in zip(CREW, self._endpoints, strict=True)]
        tasks: list[Task] = []
        for part, agent in zip(CREW, agents, strict=True):
            tasks.append(_task(part, agent, self._record, tasks[-1:], self._with_schema))
        crew = LeadCrew(
            agents=agents,
            tasks=tasks,
            process=Process.sequential,
            memory=False,
            cache=False,
            planning=False,
            verbose=False,
            tracing=False,
            share_crew=False,
        )
        crew.kickoff()
        if self._qualification is None or self._critique is None:
            raise NotAnswered("unexpected")
        return criticised(self._qualification, self._critique)

    @property
    def tokens(self) -> tuple[int, int]:
        """Tokens sent and answered so far."""
        used = [endpoint.get_token_usage_summary() for endpoint in self._endpoints]
        return sum(u.prompt_tokens for u in used), sum(u.completion_tokens for u in used)

    def _qualified(self, answer: Qualification) -> Qualification:
        self._qualification = kept_qualification(answer, self._record)
        return self._qualification

    def _criticised(self, answer: Critique) -> Critique:
        self._critique = answer
        return answer


def _agent(part: Part, llm: Endpoint) -> Agent:
    return Agent(
        role=part.role,
        goal=part.goal,
        backstory="You work for the sales team of one company.",
        llm=llm,
        tools=[],
        memory=False,
        cache=False,
        verbose=False,
        allow_delegation=False,
        respect_context_window=False,
        max_iter=1,
        max_retry_limit=0,
    )


def _task(part: Part, agent: Agent, record: Record, before: list[Task], with_schema: bool) -> Task:
    return Task(
        description=task_text(part, record),
        expected_output=answer_text(part, with_schema=with_schema),
        agent=agent,
        context=before,
        tools=[],
    )
