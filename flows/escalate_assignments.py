"""Watch over leads in work: remind, escalate, take from who is away, raise alarms."""

from prefect import flow

from tasks.escalation import (
    catch_up_touches,
    escalate,
    publish_escalation,
    raise_alarms,
    redistribute,
)
from tasks.run_names import name_run
from tasks.run_tags import Tagged


@flow(
    name="escalate_assignments",
    flow_run_name=name_run,
    on_running=[Tagged("assignment")],
    timeout_seconds=240,
)
def escalate_assignments() -> int:
    """Take every step that is due; returns how many leads a step was taken with."""
    catch_up_touches()
    taken = redistribute()
    batches = [escalate()]
    while batches[-1].leads:
        batches.append(escalate())
    alarm = raise_alarms()
    return publish_escalation(taken, batches, alarm)
