"""Write the head of the audit log to a file outside the database."""

from prefect import flow

from tasks.audit import export_head
from tasks.run_names import name_run
from tasks.run_tags import Tagged


@flow(
    name="export_audit_head",
    flow_run_name=name_run,
    on_running=[Tagged("audit")],
    timeout_seconds=300,
)
def export_audit_head() -> int:
    """Returns the number of the log's last row, 0 while it is empty.

    Fails where the log does not go on from the head that was exported last.
    """
    return export_head()
