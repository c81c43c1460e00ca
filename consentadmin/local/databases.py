"""The databases and roles of a running embedded PostgreSQL, reached by its socket folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
OWNER_ROLE = "consentadmin_owner"
APP_ROLE = "consentadmin_app"


class Databases:
    """What can be asked of a server by whoever knows where its socket is."""

    def __init__(self, socket_folder: Path | None) -> None:
        self.socket_folder = socket_folder

    def url(self, database: str, role: str = APP_ROLE) -> str:
        """Give an address that dj-database-url and psycopg both understand."""
        assert self.socket_folder, "the server has been started"
        return f"postgres://{role}@{quote(str(self.socket_folder), safe='')}/{quote(database)}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Connect as the superuser, each statement on its own."""
        return psycopg.connect(self.url(database, role=SUPERUSER), autocommit=True)

    def create_roles(self) -> None:
        """Make the owner of the tables and the role of the application, where missing."""
        with self.connect() as connection:
            for role in (OWNER_ROLE, APP_ROLE):
                known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
                if not known.rowcount:
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))

    def has_database(self, name: str) -> bool:
        with self.connect() as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name])
            return bool(found.rowcount)

    def create_database(self, name: str, template: str | None = None) -> None:
        """Make a database that belongs to the owner role; from a template, a clone of it."""
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(name),
            sql.Identifier(OWNER_ROLE),
            sql.Identifier(template or "template1"),
        )
        with self.connect() as connection:
            connection.execute(statement)

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with self.connect() as connection:
            connection.execute(statement)

    def clone(self, template: str, name: str) -> None:
        """Make `name` anew as a copy of `template`, which nobody may be connected to."""
        self.drop_database(name)
        self.create_database(name, template)

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Keep out every other process that asks for the same name, until this one is through."""
        with self.connect() as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
            yield
