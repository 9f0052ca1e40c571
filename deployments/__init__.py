"""The two work pools and their workers."""

from deployments.process_worker import ToldProcessWorker
from deployments.warm_worker import WarmWorker

__all__ = ["ToldProcessWorker", "WarmWorker"]
