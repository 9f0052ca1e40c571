"""The features every lead has, each defined once, by what they are about."""

from features.behaviour import BEHAVIOUR
from features.company_fit import COMPANY_FIT
from features.definition import Definition
from features.engagement import ENGAGEMENT
from features.opinion import AI_SCORE, latest_opinion
from features.person import PERSON

# Their order is that of a frame's columns.
DEFINITIONS: tuple[Definition, ...] = (
    *PERSON,
    *COMPANY_FIT,
    *BEHAVIOUR,
    *ENGAGEMENT,
    Definition(AI_SCORE, latest_opinion),
)
