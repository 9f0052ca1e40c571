"""What the scenarios of a campaign show of it: which edges one of them passes. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leadflow.campaigns.definitions.program import Edge, Program
from leadflow.campaigns.scenarios.running import Ran, run
from leadflow.campaigns.scenarios.schemas import Scenario


@dataclass(frozen=True)
class Trial:
    """A campaign, what its scenarios came to, and the edges that none of them passes."""

    program: Program
    ran: tuple[Ran, ...]
    missing: tuple[Edge, ...]

    @property
    def covered(self) -> float:
        """The share of edges that some scenario passes, 0 to 1."""
        edges = len(self.program.edges)
        return (edges - len(self.missing)) / edges

    @property
    def passed(self) -> bool:
        """Whether all went as expected, and every edge was passed."""
        return not self.missing and all(one.as_expected for one in self.ran)


def tried(program: Program, scenarios: Sequence[Scenario]) -> Trial:
    """A campaign put to the test by those of these scenarios that are about it."""
    ran = tuple(run(program, one) for one in scenarios if one.campaign == program.name)
    return Trial(program, ran, tuple(_missing(program, ran)))


def _missing(program: Program, ran: Iterable[Ran]) -> Iterable[Edge]:
    passed = frozenset(edge for one in ran for edge in one.edges)
    return (edge for edge in program.edges if edge not in passed)
