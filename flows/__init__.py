"""The order of work: one file a flow. Whoever runs one writes its log as every other process."""

from leadflow.composition import compose
from leadflow.observability import process

process.begin("flow")
compose()
