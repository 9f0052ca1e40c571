"""Features of fit: the company, and what it wants."""

from sqlalchemy import Double, cast, func

from features.definition import Definition, number_of_profile, of_profile
from features.feature import Dimension, Feature, FeatureKind

_DIMENSION = Dimension.FIT
_NUMERIC = FeatureKind.NUMERIC
_CATEGORICAL = FeatureKind.CATEGORICAL

COMPANY_FIT: tuple[Definition, ...] = (
    of_profile(
        Feature(
            "industry",
            "Industry",
            _DIMENSION,
            _CATEGORICAL,
            "Industry: {value}",
            missing="No industry given",
            advice="Find out the industry",
            step="known",
        )
    ),
    number_of_profile(
        Feature(
            "company_size",
            "Company size",
            _DIMENSION,
            _NUMERIC,
            "Company of {value} people",
            advice="Find out how large the company is",
            step="known",
        ),
        "company_size",
    ),
    number_of_profile(
        Feature(
            "budget",
            "Budget",
            _DIMENSION,
            _NUMERIC,
            "Budget of {value}",
            missing="No budget given",
            advice="Ask about the budget",
            step="known",
            direction="up",
        ),
        "budget_minor",
        100.0,
    ),
    of_profile(
        Feature(
            "timeline_months",
            "Timeline",
            _DIMENSION,
            _NUMERIC,
            "Wants to start within {value} months",
            says_for={"0": "Wants to start now", "1": "Wants to start within a month"},
            missing="No timeline given",
            advice="Ask when they want to start",
            step="known",
            direction="down",
        )
    ),
    Definition(
        Feature(
            "services_wanted",
            "Services wanted",
            _DIMENSION,
            _NUMERIC,
            "Asked for {value} services",
            says_for={"0": "Named no service", "1": "Asked for one service"},
            advice="Find out what else they need",
            step="more",
            direction="up",
        ),
        lambda profile, activity: cast(
            func.coalesce(func.cardinality(profile.c.service_requirements), 0), Double
        ),
    ),
)
