"""Brings the prediction log's table to the version of this code, by Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from price_service.prediction_log import engine_of, make_folder

SCRIPTS = Path(__file__).parent / "migrations"


def migrate(url: str) -> str:
    """Apply what is missing, safely twice; the revision reached. Raises SQLAlchemyError."""
    make_folder(url)
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
    return str(ScriptDirectory.from_config(config).get_current_head())


def revision(url: str) -> str | None:
    """The revision that the log is at."""
    engine = engine_of(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
