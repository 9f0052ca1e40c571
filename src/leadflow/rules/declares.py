"""Declarations of rules: segments as configuration. Each kind of rules is declared by the room that
carries them out."""

from leadflow.rules.segments.configuration import CONFIGURATION as SEGMENTS

CONFIGURATION = (SEGMENTS,)
