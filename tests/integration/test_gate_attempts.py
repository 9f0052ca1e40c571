"""However a gate is tried, nothing is done without a valid decision of exactly that subject."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from sqlalchemy import Engine

from benchmarks.gate_attempts import plans, run_plan
from tests.examples import examples

pytestmark = pytest.mark.uncounted

M1 = ("vote", "m1", "page")


def test_random_attempts_pass_a_gate_only_as_the_model_of_it_allows(store: Engine) -> None:
    tried = 0

    @settings(
        max_examples=examples(150),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(plans)
    @example((1, True, [M1, ("vote", "helper", "page")]))
    @example((1, False, [("vote", "asker", "code"), ("vote", "for_asker", "page")]))
    @example((2, False, [M1, ("vote", "for_m1", "page"), ("vote", "gone", "page")]))
    @example((1, False, [M1, ("change", "", ""), ("act", "", "")]))
    @example((1, False, [M1, ("act", "", ""), ("act", "", "")]))
    def attempt(plan: tuple[int, bool, list[tuple[str, str, str]]]) -> None:
        nonlocal tried
        tried += run_plan(store, plan)

    attempt()
    assert tried > examples(150) * 3
