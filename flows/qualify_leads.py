"""Ask an AI crew about the leads worth it, within the day's budget, and score them again."""

from prefect import flow

from tasks.qualification import (
    DOWN,
    NO_KEY,
    Kept,
    Qualified,
    ask_crew,
    choose_leads,
    endpoint_is_down,
    find_key,
    keep_answer,
    load_scorer,
    publish_qualified,
)
from tasks.run_names import name_run
from tasks.run_tags import Tagged


@flow(
    name="qualify_leads",
    flow_run_name=name_run,
    on_running=[Tagged("qualification")],
    timeout_seconds=1500,
)
def qualify_leads(limit: int | None = None) -> Qualified:
    """Ask about at most ``limit`` leads (the setting where it is not given), a few at a time.

    Ends well whatever the endpoint does: without a key nothing is asked, and a round in which
    nobody got through is the last one.
    """
    if not find_key():
        return publish_qualified([], NO_KEY)
    scorer = load_scorer()
    kept: list[Kept] = []
    chosen = choose_leads(limit, 0)
    while not isinstance(chosen, str):
        asking = [ask_crew.submit(one) for one in chosen]
        answers = [future.result() for future in asking]
        latest = [keep_answer(scorer, one, a) for one, a in zip(chosen, answers, strict=True)]
        kept.extend(latest)
        chosen = DOWN if endpoint_is_down(latest) else choose_leads(limit, len(kept))
    return publish_qualified(kept, chosen)
