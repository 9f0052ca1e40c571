"""The steps of qualifying leads: choose, ask, keep what was answered."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from features.how_many import how_many
from leadflow.database.engine import unit_of_work
from leadflow.integrations.ai import ask as ai
from leadflow.integrations.ai.errors import ENDPOINT_DOWN
from leadflow.qualification import choosing, service
from leadflow.qualification.asking import Answer, Question
from leadflow.scoring.serving.champion import serving_scorer
from leadflow.settings import get_settings
from models.scores import Scorer
from tasks.retrying import GROWING, JITTER
from tasks.run_names import say_in_name

NO_KEY = "AI is not asked: no key. Set LEADFLOW_AI_API_KEY to ask."
NO_BUDGET = "The day's budget is used up; asking goes on tomorrow (UTC)."
ENOUGH = "As many leads as one run may ask about have been asked about."
DOWN = "The endpoint does not answer, so no more leads were asked about."


@dataclass(frozen=True)
class Chosen:
    """A question, and the answer given before to the very same one."""

    question: Question
    known: Answer | None


@dataclass(frozen=True)
class Kept:
    """What came of one question: figures only."""

    error: str | None
    from_cache: bool
    tokens_in: int
    tokens_out: int
    cost_micro: int


@dataclass(frozen=True)
class Qualified:
    """What a run came to; ``note`` says why it ended where that is worth saying."""

    asked: int
    answered: int
    from_cache: int
    tokens: int
    cost_micro: int
    note: str


@task
def find_key() -> bool:
    """Whether AI can be asked at all."""
    return ai.has_key(get_settings())


@task(
    persist_result=False,
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=GROWING,
    retry_jitter_factor=JITTER,
    timeout_seconds=60,
)
def choose_leads(limit: int | None, done: int) -> list[Chosen] | str:
    """The next leads worth asking about, as many as are asked at a time; or why there are none."""
    settings, now = get_settings(), datetime.now(UTC)
    left = (limit or settings.ai_leads_a_run) - done
    if left <= 0:
        return ENOUGH
    with unit_of_work() as session:
        affordable = choosing.within_budget(session, settings, now)
        questions = choosing.leads_to_ask(
            session, settings, ai.PROMPT_VERSION, now, min(left, settings.ai_concurrency)
        )
        known = service.known_answers(session, [question.content_hash for question in questions])
    chosen = [Chosen(question, known.get(question.content_hash)) for question in questions]
    return chosen[:affordable] or (NO_BUDGET if chosen else "")


@task(persist_result=False, cache_policy=NO_CACHE, timeout_seconds=900)
def ask_crew(chosen: Chosen) -> Answer:
    """What the crew says of one lead, or the kind of failure; the very same is not asked twice."""
    return chosen.known or ai.ask(chosen.question, get_settings())


@task(persist_result=False, timeout_seconds=120)
def load_scorer() -> Scorer:
    """The champion, or the rubric where no model has been promoted."""
    return serving_scorer(get_settings())


@task(
    persist_result=False,
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=GROWING,
    retry_jitter_factor=JITTER,
    timeout_seconds=60,
)
def keep_answer(scorer: Scorer, chosen: Chosen, answer: Answer) -> Kept:
    """Store what came of a question and score the lead again, in one unit of work."""
    settings = get_settings()
    try:
        with unit_of_work() as session:
            row = service.store_answer(
                session, scorer, chosen.question, answer, datetime.now(UTC), settings
            )
            cost = row.cost_micro
    except service.LeadGone:
        return Kept("lead gone", answer.from_cache, answer.tokens_in, answer.tokens_out, 0)
    return Kept(answer.error, answer.from_cache, answer.tokens_in, answer.tokens_out, cost)


def endpoint_is_down(kept: Sequence[Kept]) -> bool:
    """Whether a whole round failed in a way that the next leads would share."""
    return bool(kept) and all(one.error in ENDPOINT_DOWN for one in kept)


@task(timeout_seconds=60)
def publish_qualified(kept: Sequence[Kept], note: str) -> Qualified:
    """What was asked and answered and what it took, as a table artifact without any lead in it."""
    currency = get_settings().ai_currency
    done = Qualified(
        asked=sum(not one.from_cache for one in kept),
        answered=sum(one.error is None for one in kept),
        from_cache=sum(one.from_cache for one in kept),
        tokens=sum(one.tokens_in + one.tokens_out for one in kept),
        cost_micro=sum(one.cost_micro for one in kept),
        note=note,
    )
    row = {
        "asked": done.asked,
        "answered": done.answered,
        "from cache": done.from_cache,
        "tokens": done.tokens,
        f"cost ({currency})": done.cost_micro / 1e6,
        **{f"failed: {kind}": n for kind, n in Counter(k.error for k in kept if k.error).items()},
    }
    create_table_artifact(
        [row],
        key="qualified-leads",
        description=f"AI answered about {how_many(done.answered, 'lead')}. {note}".strip(),
    )
    say_in_name(how_many(done.answered, "answer"))
    return done
