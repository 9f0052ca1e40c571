"""Demographic features of the person."""

from sqlalchemy import Double, Integer, cast

from features.definition import Definition, of_profile
from features.feature import Dimension, Feature, FeatureKind

_DIMENSION = Dimension.DEMOGRAPHIC
_CATEGORICAL = FeatureKind.CATEGORICAL
_BOOLEAN = FeatureKind.BOOLEAN

PERSON: tuple[Definition, ...] = (
    of_profile(
        Feature(
            "seniority",
            "Job level",
            _DIMENSION,
            _CATEGORICAL,
            "Job level: {value}",
            missing="No job title",
            advice="Find out the job title",
            step="known",
        )
    ),
    of_profile(
        Feature(
            "email_kind",
            "E-mail address",
            _DIMENSION,
            _CATEGORICAL,
            says_for={
                "company": "Writes from a company address",
                "free": "Writes from a free-mail address",
                "none": "Gave no e-mail address",
            },
        )
    ),
    Definition(
        Feature(
            "has_phone",
            "Phone number",
            _DIMENSION,
            _BOOLEAN,
            says_for={"1": "Left a phone number", "0": "Left no phone number"},
            advice="Ask for a phone number",
            step="more",
            direction="up",
        ),
        lambda profile, activity: cast(cast(profile.c.has_phone, Integer), Double),
    ),
    of_profile(
        Feature(
            "country",
            "Country",
            _DIMENSION,
            _CATEGORICAL,
            "Based in {value}",
            missing="Country not known",
        )
    ),
)
