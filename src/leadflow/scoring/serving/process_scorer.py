"""The scorer of this process: held in memory, swapped when the champion changes."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.scores import Scorer

logger = logging.getLogger(__name__)
END_SECONDS = 10.0
# Whoever sends a lead waits no longer for a scorer: the lead is stored, and scored later.
FIRST_SECONDS = 10.0


class ServingScorer:
    """Gives the scorer at once and looks for a new champion every few seconds.

    Args:
        load: reads the scorer that should serve; slow.
        version: the version that should serve, or None for the rubric; cheap.
        otherwise: what scores where ``load`` fails with this error; None where nothing can.
        refresh_seconds: how old the answer of ``version`` may get.
    """

    def __init__(
        self,
        load: "Callable[[], Scorer]",
        version: Callable[[], str | None],
        otherwise: "Callable[[Exception], Scorer | None]" = lambda error: None,
        refresh_seconds: float = 2.0,
    ) -> None:
        self._load = load
        self._version = version
        self._otherwise = otherwise
        self._refresh = refresh_seconds
        self._lock = threading.Lock()
        self._scorer: Scorer | None = None
        self._instead: Scorer | None = None
        self._loaded: str | None = None
        self._stop, self._tried = threading.Event(), threading.Event()
        self._watching = threading.Thread(target=self._watch, name="champion", daemon=True)
        self.error: str | None = None

    def start(self) -> None:
        """Load in the background and keep looking for a new champion."""
        self._watching.start()

    def stop(self) -> None:
        """Stop looking; waits for a look that is under way."""
        self._stop.set()
        if self._watching.is_alive():
            self._watching.join(END_SECONDS)

    def current(self) -> "Scorer":
        """The scorer; waits for the first load if there was none yet."""
        if self._scorer is None:
            self._reload()
        if self._scorer is None:
            raise RuntimeError("The scorer did not load.")
        return self._scorer

    def if_loaded(self) -> "Scorer | None":
        """The scorer; where it cannot be loaded, what scores otherwise, or None. Waits for the
        first try to load it, up to some seconds, and for none after that."""
        if self._scorer is None and self.error is None:
            if self._watching.is_alive():
                self._tried.wait(FIRST_SECONDS)
            else:
                self.look()
        return self._scorer or self._instead

    @property
    def ready(self) -> bool:
        """Whether a scorer is in memory."""
        return self._scorer is not None

    @property
    def instead(self) -> bool:
        """Whether something scores in the place of what should."""
        return self._scorer is None and self._instead is not None

    def _watch(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(self._refresh)

    def look(self) -> None:
        """Look now for a new champion. Where that fails, what is in memory goes on serving."""
        try:
            self._reload()
            self.error = None
        except Exception as error:
            # The scorer in memory goes on serving; /health shows what is wrong.
            # First what scores meanwhile, so that whoever reads the error is told of it too.
            if self._scorer is None:
                self._find_other(error)
            self.error = f"{type(error).__name__}: {error}"
            logger.warning("looking for the champion failed", exc_info=error)
        finally:
            self._tried.set()

    def _find_other(self, error: Exception) -> None:
        """The next look tries again where this fails too: the database may be away."""
        try:
            self._instead = self._otherwise(error)
        except Exception as other:
            logger.warning("nothing scores instead", exc_info=other)

    def _reload(self) -> None:
        with self._lock:
            wanted = self._version()
            if self._scorer is None or wanted != self._loaded:
                started = time.monotonic()
                self._scorer, self._loaded = self._load(), wanted
                logger.info(
                    "scoring with %s in %.1f s", wanted or "rubric", time.monotonic() - started
                )
