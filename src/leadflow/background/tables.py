"""Table of the background loops' last runs, for ``GET /health``."""

from datetime import datetime

from sqlalchemy import Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment


class BackgroundLoop(Base):
    """One loop of one process. ``looked_at`` is when it last looked for work, ``worked_at`` when it
    last found some; ``failures`` counts those in a row, 0 while it is well."""

    __tablename__ = "background_loops"

    process: Mapped[str] = mapped_column(Text, primary_key=True, comment="Host and process id.")
    loop: Mapped[str] = mapped_column(Text, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(Moment)
    looked_at: Mapped[datetime] = mapped_column(Moment)
    worked_at: Mapped[datetime | None] = mapped_column(Moment)
    failures: Mapped[int] = mapped_column(Integer, server_default="0")
    error: Mapped[str | None] = mapped_column(Text, comment="The last one, with its traceback.")
    failed_at: Mapped[datetime | None] = mapped_column(Moment)
