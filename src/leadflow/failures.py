"""The part of an error that may be kept: its kind, where it was raised, and its message only where
the message is our own. Those of other libraries quote values, which may be personal data."""

import traceback

OWN = ("leadflow", "models", "features", "expectations", "tasks", "flows")
LONGEST = 8000


def describe(error: BaseException) -> str:
    """The error in one line."""
    kind = type(error).__name__
    if type(error).__module__.split(".")[0] in OWN:
        return f"{kind}: {error}"[:1000]
    return kind


def describe_with_traceback(error: BaseException) -> str:
    """Every line of ours and others' it went through, then the error; of those that caused it
    likewise, the first cause first. At most 8,000 characters, the end of it."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        frames = traceback.extract_tb(seen.__traceback__)
        lines = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        parts.insert(0, "\n".join([*lines, describe(seen)]))
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return "\n".join(parts)[-LONGEST:]
