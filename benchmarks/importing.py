"""How much memory and time a file of a million leads takes, beside loading it the obvious way.

Run it with ``python -m benchmarks.importing``. Each way runs in a process of its own, so that its
peak memory is its own; the store is an embedded PostgreSQL in a temporary home.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.rows import Row, publish

LEADS = 1_000_000
PEER_LEADS = 2_000
MAPPING = {
    "source": "benchmark",
    "key": "id",
    "created_at": "created_at",
    "fields": {
        "email": "email",
        "last_name": "last_name",
        "company_name": "company",
        "company_size": "company_size",
        "industry": "industry",
        "job_title": "job_title",
        "location": "location",
        "budget": "budget",
        "website_visits": "visits",
    },
    "attributes": {
        "plan": {"column": "plan", "kind": "categorical"},
        "seats": {"column": "seats", "kind": "numeric"},
    },
    "outcome": {"column": "won", "converted": ["1"], "lost": ["0"], "after": "14d"},
}
TITLES = ("CEO", "VP of Sales", "Head of IT", "Marketing Manager", "Engineer", "")
PLACES = ("San Francisco, CA", "Berlin, Germany", "London, UK", "Toronto, ON", "")
INDUSTRIES = ("technology", "retail", "finance", "health")


def write_leads(path: Path, count: int) -> None:
    """A CSV file of this many leads, all different."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    names = (
        "id,email,last_name,company,company_size,industry,job_title,location,budget,visits,plan,"
        "seats,won,created_at\n"
    )
    with path.open("w") as stream:
        stream.write(names)
        for number in range(count):
            created = start + timedelta(seconds=30 * number)
            stream.write(
                f"L{number},person{number}@company{number % 5000}.com,Name{number},"
                f"Company {number % 5000},{number % 900 + 1},{INDUSTRIES[number % 4]},"
                f'{TITLES[number % 6]},"{PLACES[number % 5]}",{number % 100 * 500},{number % 20},'
                f"{'pro' if number % 3 else 'basic'},{number % 50},{int(number % 9 == 0)},"
                f"{created.isoformat()}\n"
            )


def stream_in(path: Path) -> int:
    """Leadflow's import: checked, encrypted, and stored batch by batch."""
    from leadflow.database.engine import get_engine
    from leadflow.intake.files import import_file
    from leadflow.leads.files.mapping import parse_mapping
    from leadflow.settings import get_settings

    now = datetime.now(UTC)
    summary = import_file(path, parse_mapping(MAPPING), get_settings(), get_engine(), now)
    return summary.stored.new


def load_at_once(path: Path) -> int:
    """The peer: the whole file in one frame, then one INSERT a row, unchecked and unencrypted.

    Returns its rows a second, measured on the first 2,000.
    """
    import pandas as pd
    from sqlalchemy import text

    from leadflow.database.engine import get_owner_engine

    frame = pd.read_csv(path)
    names = list(frame.columns)
    insert = f"INSERT INTO peer ({', '.join(names)}) VALUES ({', '.join(f':{n}' for n in names)})"  # noqa: S608
    with get_owner_engine().begin() as connection:
        connection.execute(text(f"CREATE TABLE peer ({', '.join(f'{n} text' for n in names)})"))
    started = time.perf_counter()
    for row in frame.head(PEER_LEADS).to_dict(orient="records"):
        values = {str(name): str(value) for name, value in row.items()}
        with get_owner_engine().begin() as connection:
            connection.execute(text(insert), values)
    return round(PEER_LEADS / (time.perf_counter() - started))


WAYS: dict[str, Callable[[Path], int]] = {"ours": stream_in, "peer": load_at_once}


def measure(way: str, path: Path, home: Path) -> dict[str, Any]:
    """Run one way in a process of its own: what it returned, seconds, and peak memory in MiB."""
    # No setting of this installation goes along: a million made-up leads belong in no real store.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEADFLOW_")}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.importing", way, str(path)],
        env={**kept, "LEADFLOW_HOME": str(home)},
        cwd=path.parent,
        stdout=subprocess.PIPE,
        check=True,
    )
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def in_child(way: str, path: Path) -> None:
    """The process of one way: measures itself and prints what it found."""
    from leadflow.database import cluster
    from leadflow.database.engine import get_engine
    from leadflow.database.migrate import upgrade
    from leadflow.settings import get_settings

    cluster.ensure_databases(cluster.locate(get_settings()))
    upgrade(get_engine())
    started = time.perf_counter()
    result = WAYS[way](path)
    seconds = time.perf_counter() - started
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    mebibytes = largest / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(json.dumps({"result": result, "seconds": seconds, "mebibytes": mebibytes}))


def main(leads: int = LEADS) -> int:
    """Measure both ways on the same file; the exit code is 1 if the bound does not hold."""
    from leadflow.database import embedded
    from leadflow.settings import get_settings

    console = Console()
    with tempfile.TemporaryDirectory(prefix="leadflow-bench-") as folder:
        path, home = Path(folder) / "leads.csv", Path(folder) / "home"
        write_leads(path, leads)
        try:
            with console.status(f"Importing {leads:,} leads …"):
                ours = measure("ours", path, home)
            with console.status("The obvious way …"):
                peer = measure("peer", path, home)
        finally:
            embedded.stop(home)
    if ours["result"] != leads:
        console.print(f"Only {ours['result']:,} of {leads:,} leads were stored.")
        return 1
    obvious = "pandas.read_csv, one INSERT a row"
    rows = [
        Row(
            f"peak memory, {leads:,} rows",
            ours["mebibytes"],
            "MiB",
            at_most=1024,
            peer=obvious,
            peer_value=peer["mebibytes"],
        ),
        Row(
            "rows stored a second",
            leads / ours["seconds"],
            "rows/s",
            peer=f"{obvious}, {PEER_LEADS:,} rows",
            peer_value=peer["result"],
        ),
        Row("time for all rows", ours["seconds"], "s", peer_value=leads / peer["result"]),
    ]
    title = f"Importing {leads:,} leads from CSV"
    return publish("importing", title, rows, get_settings().home, console)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        in_child(sys.argv[1], Path(sys.argv[2]))
    else:
        sys.exit(main())
