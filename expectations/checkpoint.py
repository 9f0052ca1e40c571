"""Checking a frame against a suite: a checkpoint of Great Expectations, its results in plain words.

Values are never listed, because they may name people: of rows that do not hold there are counts,
and a few ids from the column ``id``, where the frame has one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from expectations.expected import Expected, Severity, suite_of
from expectations.loading import context_in_memory, great_expectations
from features.how_many import how_many

if TYPE_CHECKING:
    import pandas as pd

ID = "id"
EXAMPLES = 5
COUNTED = {"result_format": "BASIC", "partial_unexpected_count": 0}
WITH_IDS = {
    "result_format": "COMPLETE",
    "partial_unexpected_count": 0,
    "exclude_unexpected_values": True,
    "unexpected_index_column_names": [ID],
}


class CheckNotMade(RuntimeError):
    """Great Expectations failed on a frame; none of its rows is taken for good."""


@dataclass(frozen=True)
class Finding:
    """What became of one expectation. ``rows`` do not hold to it (None: it is about all of them
    together), ``of`` were looked at, ``examples`` are ids of some of them; ``seen`` is the figure
    that was found where it is about one."""

    says: str
    severity: Severity
    held: bool
    rows: int | None = None
    of: int = 0
    examples: tuple[str, ...] = ()
    seen: float | None = None

    @property
    def words(self) -> str:
        """One line: what was expected, and how far it is from it."""
        if self.held:
            return self.says
        if self.rows is not None:
            some = f" (for instance {', '.join(self.examples)})" if self.examples else ""
            return f"{self.says}: not so in {self.rows:,} of {how_many(self.of, 'row')}{some}"
        return f"{self.says}: not so" + ("" if self.seen is None else f", it is {self.seen:,.4g}")


@dataclass(frozen=True)
class Checked:
    """What a suite found in a frame of so many rows."""

    suite: str
    rows: int
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> tuple[Finding, ...]:
        """What does not hold, critical first."""
        found = [one for one in self.findings if not one.held]
        return tuple(sorted(found, key=lambda one: one.severity != "critical"))

    @property
    def held(self) -> bool:
        """Whether all of it holds."""
        return not self.failed

    @property
    def stops(self) -> tuple[Finding, ...]:
        """What does not hold and must."""
        return tuple(one for one in self.failed if one.severity == "critical")

    @property
    def words(self) -> str:
        """One sentence."""
        if not self.rows:
            return f"{self.suite}: there was nothing to look at."
        kept = len(self.findings) - len(self.failed)
        return (
            f"{self.suite}: {kept} of {how_many(len(self.findings), 'expectation')} hold in "
            f"{how_many(self.rows, 'row')}."
        )


class Checks:
    """A context of Great Expectations, for the suites of one run. What each found is kept for Data
    Docs; one that is checked again takes the place of what it found before."""

    @cached_property
    def context(self) -> Any:
        """Made with the first suite, for Great Expectations takes seconds to load."""
        return context_in_memory()

    def checked(
        self, suite: str, frame: "pd.DataFrame", expectations: Sequence[Expected] | None = None
    ) -> Checked:
        """Check a frame against the suite ``expectations/SUITE.py``, or against the expectations
        that are given, under its name. An empty frame breaks no promise.

        Raises:
            NoSuchSuite: there is no such file.
            CheckNotMade: an expectation could not be looked at, for instance for want of its
                column.
        """
        wanted = suite_of(suite) if expectations is None else tuple(expectations)
        if frame.empty:
            return Checked(suite, 0, tuple(Finding(one.says, one.severity, True) for one in wanted))
        whole = self._whole(suite)
        given = {"dataframe": frame}
        results = self._checkpoint(suite, whole, wanted).run(batch_parameters=given).run_results
        batch = whole.get_batch(batch_parameters=given)
        found = {
            one.expectation_config.meta["place"]: one
            for one in next(iter(results.values())).results
        }
        findings = [_finding(one, found[place], batch, frame) for place, one in enumerate(wanted)]
        return Checked(suite, len(frame), tuple(findings))

    def _whole(self, suite: str) -> Any:
        source = self.context.data_sources.add_or_update_pandas(suite)
        return source.add_dataframe_asset(suite).add_batch_definition_whole_dataframe("all")

    def _checkpoint(self, suite: str, whole: Any, wanted: Sequence[Expected]) -> Any:
        library, kept = great_expectations(), self.context
        # Results come in another order.
        made = [one.expectation(place) for place, one in enumerate(wanted)]
        held = kept.suites.add_or_update(library.ExpectationSuite(name=suite, expectations=made))
        validation = library.ValidationDefinition(name=suite, data=whole, suite=held)
        kept.validation_definitions.add_or_update(validation)
        checkpoint = library.Checkpoint(
            name=suite, validation_definitions=[validation], result_format=COUNTED
        )
        return kept.checkpoints.add_or_update(checkpoint)


def checked(
    suite: str, frame: "pd.DataFrame", expectations: Sequence[Expected] | None = None
) -> Checked:
    """``Checks.checked`` for whoever has one frame to check.

    Raises:
        NoSuchSuite: there is no file ``expectations/SUITE.py``.
        CheckNotMade: an expectation could not be looked at.
    """
    return Checks().checked(suite, frame, expectations)


def _finding(one: Expected, result: Any, batch: Any, frame: "pd.DataFrame") -> Finding:
    said = result.result
    if "unexpected_count" not in said and "observed_value" not in said and not result.success:
        raise CheckNotMade(
            f"Whether this holds could not be looked at: {one.says}. Its line in the suite names "
            "another column or argument than there is."
        )
    if "unexpected_count" not in said:
        seen = said.get("observed_value")
        figure = float(seen) if isinstance(seen, int | float) else None
        return Finding(one.says, one.severity, bool(result.success), of=len(frame), seen=figure)
    ids = () if result.success or ID not in frame else _ids(one, batch)
    count = int(said["unexpected_count"])
    looked_at = int(said["element_count"])
    return Finding(one.says, one.severity, bool(result.success), count, looked_at, ids)


def _ids(one: Expected, batch: Any) -> tuple[str, ...]:
    """A few ids of rows that do not hold."""
    found = batch.validate(one.expectation(), result_format=WITH_IDS).result
    listed = found.get("unexpected_index_list") or []
    ids = [identifier for group in listed for identifier in _each(group[ID])]
    return tuple(str(identifier) for identifier in ids[:EXAMPLES])


def _each(value: Any) -> list[Any]:
    """Great Expectations groups ids by what else it tells of the rows."""
    return list(value) if isinstance(value, list | tuple) else [value]
