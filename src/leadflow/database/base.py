"""The declarative base every table of Leadflow derives from."""

from sqlalchemy import DateTime, MetaData
from sqlalchemy.orm import DeclarativeBase

# Every moment has its zone.
Moment = DateTime(timezone=True)
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Tables with predictable constraint names, so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMES)
