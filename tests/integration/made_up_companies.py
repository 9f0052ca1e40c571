"""Files of three companies that have nothing in common, with the truth about their later leads."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
Row = dict[str, object]


@dataclass(frozen=True)
class Company:
    """How one company writes a lead down; ``rows`` yields each with its merit.

    ``outcome`` is its column, with the words for converted, lost and still open.
    """

    name: str
    base_rate: float
    leads: int
    rows: Callable[[np.random.Generator, int, datetime, datetime], Iterator[tuple[Row, float]]]
    outcome: tuple[str, str, str, str]
    ended: str | None = None
    leak: str | None = None
    separator: str = ","

    def write(self, folder: Path) -> Path:
        """Leads of the past that have ended."""
        path = folder / f"{self.name}.csv"
        self._write(path, 1, self.leads, NOW - timedelta(days=400), NOW - timedelta(days=150))
        return path

    def write_later(self, folder: Path) -> tuple[Path, np.ndarray]:
        """Leads that came in since, none of which has ended, and whether each will convert."""
        path = folder / f"{self.name}_later.csv"
        count = max(2000, self.leads // 2)
        return path, self._write(path, 2, count, NOW - timedelta(days=10), NOW, known=False)

    def _write(
        self, path: Path, seed: int, count: int, first: datetime, last: datetime, known: bool = True
    ) -> np.ndarray:
        draw = np.random.default_rng(seed)
        made = list(self.rows(draw, count, first, last))
        merit = np.array([merit for _, merit in made]) + draw.logistic(size=count)
        converts = merit > np.quantile(merit, 1 - self.base_rate)
        for (row, _), won in zip(made, converts, strict=True):
            self._end(row, bool(won), known)
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(made[0][0]), delimiter=self.separator)
            writer.writeheader()
            writer.writerows(row for row, _ in made)
        return converts

    def _end(self, row: Row, won: bool, known: bool) -> None:
        column, converted, lost, still_open = self.outcome
        row[column] = (converted if won else lost) if known else still_open
        if self.ended is not None and not known:
            row[self.ended] = ""
        if self.leak is not None:
            row[self.leak] = 990 if won and known else ""


def _moment(place: int, count: int, first: datetime, last: datetime) -> datetime:
    return first + (last - first) * (place / count)


def _software(
    draw: np.random.Generator, count: int, first: datetime, last: datetime
) -> Iterator[tuple[Row, float]]:
    plans, weights = ("Free", "Team", "Business", "Enterprise"), (-1.5, 0.0, 0.8, 2.0)
    for place in range(count):
        at, plan = _moment(place, count, first, last), int(draw.integers(0, 4))
        left, seats = int(draw.integers(-60, 300)), int(draw.gamma(2.0, 20.0)) + 1
        trial = bool(draw.random() < 0.4)
        yield (
            {
                "Account ID": f"{first:%Y}-{place}",
                "E-Mail": f"u{place}.{first:%y%m}@firm{place}.example.com",
                "Signed up at": at.isoformat(timespec="seconds"),
                "Plan": plans[plan] if draw.random() < 0.9 else "",
                "Seats": seats,
                "ContractEnd": (at + timedelta(days=left)).date(),
                "Has trial": "yes" if trial else "no",
                "Notes": " ".join(
                    ["asked for a call about the contract and the price"] * (place % 4)
                ),
                "Region": "EU",
                "Close date": (at + timedelta(days=50)).date(),
            },
            weights[plan] + 1.2 * trial - left / 80 + np.log(seats) / 2,
        )


def _cars(
    draw: np.random.Generator, count: int, first: datetime, last: datetime
) -> Iterator[tuple[Row, float]]:
    makes = ("Škoda", "Citroën", "Opel", "Volvo")
    for place in range(count):
        make, model = int(draw.integers(0, 4)), int(draw.integers(0, 80))
        miles, driven = float(draw.gamma(2.0, 30_000.0)), bool(draw.random() < 0.5)
        yield (
            {
                "": place + 1,
                "Make": makes[make] if place % 2 else makes[make].upper() + " ",
                "Model name": f"{makes[make]} {model % 20}",
                "Mileage (km)": f"{miles:,.0f}" if draw.random() < 0.85 else "n/a",
                "Asking price €": "inf"
                if place % 500 == 7
                else f"€ {draw.gamma(3.0, 5000.0):,.2f}",
                "Test drive?": "Yes" if driven else "No",
                "Salesperson": ("Ann", "Bob")[place % 2],
                "VIN": f"WVWZZZ{place:08}X",
            },
            (1.2, -0.3, -0.9, 0.2)[make] + 1.6 * driven - miles / 40_000,
        )


SCHOOLS = 300


def _students(
    draw: np.random.Generator, count: int, first: datetime, last: datetime
) -> Iterator[tuple[Row, float]]:
    weights = np.random.default_rng(7).normal(0.0, 1.6, SCHOOLS)
    for place in range(count):
        at, school = _moment(place, count, first, last), int(draw.integers(0, SCHOOLS))
        name = f"Школа № {school}" if school % 2 else f"École Saint-Éloi {school}"
        grade, age = float(draw.normal(3.0, 0.7)), int(draw.integers(6300, 8000))
        born = date(2025, 1, 1) - timedelta(days=age)
        yield (
            {
                "Student number": f"{first:%y%m}{place:06}",
                "E-mail": f"{first:%y%m}-{place}@mail.example.org",
                "Школа": (name, name.upper(), f" {name.lower()}")[place % 3],
                "Note moyenne": f"{grade:.2f}" if draw.random() < 0.8 else "",
                "Date of birth": f"{born:%d.%m.%Y}",
                "Application date": f"{at:%d.%m.%Y}",
                "Essay": f"Я хочу учиться {place}, "
                + "потому что это интересно " * (place % 9 + 4),
            },
            weights[school] + 1.3 * (3.0 - grade),
        )


COMPANIES = (
    Company(
        "software",
        0.01,
        9000,
        _software,
        ("Status", "won", "lost", ""),
        ended="Close date",
        leak="Invoice total",
    ),
    Company("cars", 0.5, 2000, _cars, ("Sold", "yes", "no", ""), separator=";"),
    Company("university", 0.2, 5000, _students, ("Enrolled", "yes", "no", "")),
)
