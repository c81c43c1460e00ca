"""What the app's database role may do: read and write all tables, but only add to the trail."""

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

TRAIL = ["audit_entry"]


def grant_rights(owner: BaseDatabaseWrapper, *, role: str) -> None:
    """Give the app's role its rights on what the owner has made; running it again does no harm."""
    name = sql.Identifier(role)
    statements = [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {0}").format(name),
        sql.SQL(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {0}"
        ).format(name),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {0}").format(name),
        sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {0}").format(name),
        *(
            sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON {1} FROM {0}").format(
                name, sql.Identifier(table)
            )
            for table in TRAIL
        ),
        sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {0}").format(name),
    ]
    with owner.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
