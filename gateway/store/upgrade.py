"""Bringing a database to the schema this version needs."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from gateway.core.errors import ConfigError
from gateway.store.database import Store
from gateway.store.schema import metadata


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "m%%(rev)s_%%(slug)s")
    return config


def upgrade(store: Store) -> None:
    """Run every migration that this database has not had; does nothing when it is up to date.

    Raises ConfigError for a database of a newer version.
    """
    with store.engine.connect() as plain:
        connection = plain.execution_options(caiyou_write=True)
        config = _config()
        config.attributes["connection"] = connection
        try:
            with connection.begin():
                command.upgrade(config, "head")
        except CommandError as error:
            raise ConfigError(
                f"the database was made by a newer version of caiyou than this one ({error}); use that version"
            ) from error


def differences(store: Store) -> list[object]:
    """What the database has otherwise than the schema says; empty when the migrations are complete."""
    with store.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def write_migration(store: Store, message: str) -> None:
    """Write a migration file for what the schema has and this database has not (for developers)."""
    with store.engine.connect() as plain:
        connection = plain.execution_options(caiyou_write=True)
        config = _config()
        config.attributes["connection"] = connection
        number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
        command.revision(config, message=message, autogenerate=True, rev_id=f"{number:04d}")
