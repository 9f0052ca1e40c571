"""However a gate is tried, nothing is done without a valid decision of exactly that subject."""

from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine

from benchmarks.gate_attempts import plans, run_plan


def test_random_attempts_pass_a_gate_only_as_the_model_of_it_allows(store: Engine) -> None:
    tried = 0

    @settings(
        max_examples=150,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(plans)
    def attempt(plan: tuple[int, bool, list[tuple[str, str, str]]]) -> None:
        nonlocal tried
        tried += run_plan(store, plan)

    attempt()
    assert tried > 500
