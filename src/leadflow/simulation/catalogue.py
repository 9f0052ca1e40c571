"""The parts of the simulated market, with the effect of each on the odds of buying."""

from collections.abc import Mapping
from dataclasses import dataclass

# name: (share of leads, effect on the log-odds of converting)
INDUSTRIES = {
    "technology": (0.24, 0.70),
    "finance": (0.16, 0.45),
    "healthcare": (0.14, 0.20),
    "manufacturing": (0.14, 0.00),
    "retail": (0.14, -0.30),
    "logistics": (0.09, -0.10),
    "education": (0.09, -0.60),
}
TITLES = {
    "CEO": (0.06, 0.45),
    "Founder": (0.05, 0.35),
    "VP of Marketing": (0.08, 0.70),
    "VP of Sales": (0.07, 0.70),
    "Director of Operations": (0.10, 0.40),
    "Marketing Director": (0.09, 0.45),
    "Marketing Manager": (0.18, 0.10),
    "IT Manager": (0.12, 0.00),
    "Marketing Specialist": (0.12, -0.40),
    "Analyst": (0.08, -0.50),
    "Student": (0.05, -1.60),
}
TIMELINES = {
    "immediately": (0.10, 0.90),
    "1-3 months": (0.26, 0.55),
    "3-6 months": (0.24, 0.00),
    "6-12 months": (0.18, -0.45),
    "just looking": (0.22, -1.00),
}
PLACES = {
    "San Francisco, CA": (0.12, 0.10),
    "New York, NY": (0.12, 0.10),
    "Austin, TX": (0.09, 0.00),
    "Chicago, IL": (0.08, 0.00),
    "Toronto, Canada": (0.07, 0.00),
    "London, United Kingdom": (0.14, 0.05),
    "Berlin, Germany": (0.12, 0.00),
    "Paris, France": (0.10, -0.05),
    "Amsterdam, Netherlands": (0.08, 0.05),
    "Madrid, Spain": (0.08, -0.20),
}
SERVICES = (
    "marketing automation",
    "crm integration",
    "lead generation",
    "data analytics",
    "content marketing",
    "sales training",
)
# type: (a day at average interest, how strongly interest multiplies it)
EVENTS = {
    "website_visit": (0.35, 0.7),
    "email_open": (0.28, 0.5),
    "email_click": (0.09, 0.8),
    "content_download": (0.05, 0.7),
    "pricing_view": (0.05, 1.0),
    "form_sent": (0.012, 0.9),
    "email_reply": (0.025, 1.0),
    "meeting": (0.012, 1.1),
    "unsubscribe": (0.004, -0.8),
}
Part = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Conditions:
    """What kinds of leads come, and what makes them buy: as the market is, unless said."""

    industries: Part
    titles: Part
    timelines: Part
    places: Part
    intercept: float
    interest: float


COMPANY_FIRST = (
    "Nord",
    "Blue",
    "Alta",
    "Vera",
    "Quant",
    "Lumen",
    "Terra",
    "Atlas",
    "Pixel",
    "Orbit",
)
COMPANY_LAST = (
    "Works",
    "Soft",
    "Labs",
    "Group",
    "Partners",
    "Trade",
    "Health",
    "Logic",
    "Foods",
    "Media",
)
FIRST_NAMES = ("Ana", "Ben", "Chloe", "David", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jonas")
LAST_NAMES = (
    "Abel",
    "Brandt",
    "Costa",
    "Dubois",
    "Evans",
    "Fischer",
    "Garcia",
    "Haas",
    "Ito",
    "Jansen",
)
FREE_DOMAINS = ("gmail.com", "outlook.com", "yahoo.com")


@dataclass(frozen=True)
class Area:
    """A territory of the simulated sales team, within ``parent``, whose countries are its own;
    what is spoken there and which clock its salespeople live by."""

    name: str
    countries: tuple[str, ...]
    time_zone: str
    regions: tuple[str, ...] = ()
    parent: str | None = None
    languages: tuple[str, ...] = ("en",)


AREAS = (
    Area("US West", ("US",), "America/Los_Angeles", ("CA", "TX"), "United States"),
    Area("US East", ("US",), "America/New_York", ("NY", "IL"), "United States"),
    Area("Canada", ("CA",), "America/Toronto", languages=("en", "fr")),
    Area("UK and Benelux", ("GB", "NL"), "Europe/London", languages=("en", "nl")),
    Area("Central Europe", ("DE", "FR", "ES"), "Europe/Berlin", languages=("de", "fr", "es")),
)
REP_NAMES = (
    "Priya Nair",
    "Tom Becker",
    "Sofia Rossi",
    "Marcus Lee",
    "Hannah Weiss",
    "Diego Alvarez",
    "Aisha Khan",
    "Peter Novak",
    "Julia Lindgren",
    "Samuel Osei",
    "Mei Tanaka",
    "Laura Petit",
)
AS_EVER = Conditions(INDUSTRIES, TITLES, TIMELINES, PLACES, intercept=-3.15, interest=1.2)
