"""Tags of runs, said beside their flow: they are there whoever started a run, and how."""

from typing import Any

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State


class Tagged:
    """A hook of a flow that begins to run: its run gets these tags where it lacks them. A
    deployment's runs have those of ``prefect.yaml``, which are the same."""

    __name__: str

    def __init__(self, *tags: str) -> None:
        self.tags = frozenset(tags)
        # Prefect names a hook in its log.
        self.__name__ = "tagged " + ", ".join(tags)

    def __call__(self, flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
        if self.tags <= set(flow_run.tags):
            return
        with get_client(sync_client=True) as client:
            client.update_flow_run(flow_run.id, tags=sorted(self.tags | set(flow_run.tags)))


def tags_of(flow: Flow[..., Any]) -> frozenset[str]:
    """The tags of every run of a flow."""
    hooks = [hook for hook in flow.on_running_hooks if isinstance(hook, Tagged)]
    return frozenset(tag for hook in hooks for tag in hook.tags)
