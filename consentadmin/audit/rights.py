"""What the app's database role may do: read and write all tables, but only add to the trail."""

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

TRAIL = [
    "audit_entry",
    "audit_leaf",
    "audit_node",
    "audit_key",
    "audit_checkpoint",
    "audit_publication",
    "audit_verification",
    "audit_pruning",
]
PARTS = "SELECT relid::regclass::text FROM pg_partition_tree('audit_entry') WHERE level > 0"


def grant_rights(owner: BaseDatabaseWrapper, *, role: str) -> None:
    """Give the app's role its rights on what the owner has made; running it again does no harm."""
    name = sql.Identifier(role)
    with owner.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename = ANY(%s)", [TRAIL])
        trail = [table for (table,) in cursor.fetchall()]  # fewer, where an older state was asked
        cursor.execute(PARTS if "audit_entry" in trail else "SELECT WHERE false")
        parts = [table for (table,) in cursor.fetchall()]
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
            for table in [*trail, *parts]
        ),
        # An entry comes by the one door, which finds its month.
        *(
            sql.SQL("REVOKE INSERT ON {1} FROM {0}").format(name, sql.Identifier(table))
            for table in parts
        ),
        sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {0}").format(name),
    ]
    with owner.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
