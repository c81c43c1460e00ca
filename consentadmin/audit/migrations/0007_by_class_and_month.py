"""The trail lies in tables by retention class and, below, by month (UTC), so that months can go.

What is kept for ever lies in one table. Below each other class there is a table for the rest, so
that no entry is ever refused for want of a month. The key of the database becomes (id, class, time);
the sequence gives each id once. Rows move with all their columns; nothing is sealed anew.

Statement triggers are not inherited: each table gets its own. Row triggers are, also by a table that
somebody attaches by hand.
"""

from django.db import migrations, models

INDEXES = """
CREATE INDEX entry_at ON audit_entry (at, id);
CREATE INDEX entry_of_subject ON audit_entry (subject, at, id);
CREATE INDEX entry_of_actor ON audit_entry (actor_id, at, id);
CREATE INDEX entry_of_action ON audit_entry (action, at, id);
CREATE INDEX entry_of_datamart ON audit_entry (datamart, at, id);
CREATE INDEX entry_of_outcome ON audit_entry (outcome, at, id) WHERE NOT (outcome = 'done');
CREATE INDEX entry_of_reason ON audit_entry (reason, at, id) WHERE NOT (reason = '');
CREATE INDEX entry_of_case ON audit_entry ("case", at, id) WHERE NOT ("case" = '');
CREATE INDEX entry_of_change ON audit_entry (change, at, id) WHERE change IS NOT NULL;
CREATE INDEX entry_xid ON audit_entry (xid, id);
"""

GUARDS = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER keep_canonical BEFORE INSERT ON audit_entry
    FOR EACH ROW WHEN (NEW.canonical IS NULL) EXECUTE FUNCTION audit_keep_canonical();
"""

# audit_canonical() is about the table's row type: it is made anew for the new table, as it was.
REBUILD = """
DO $do$
DECLARE
    renders text := pg_get_functiondef('audit_canonical(audit_entry)'::regprocedure);
    given bigint;
    is_given boolean;
BEGIN
    LOCK TABLE audit_entry IN ACCESS EXCLUSIVE MODE;
    SELECT last_value, is_called INTO given, is_given FROM audit_entry_id_seq;
    DROP TRIGGER keep_canonical ON audit_entry;
    DROP FUNCTION audit_canonical(audit_entry);
    ALTER TABLE audit_entry RENAME TO audit_entry_before;
    ALTER SEQUENCE audit_entry_id_seq RENAME TO audit_entry_before_id_seq;
    {make}
    PERFORM setval('audit_entry_id_seq', given, is_given);
    {move}
    DROP TABLE audit_entry_before;
    EXECUTE renders;
END
$do$;
"""

PARTS = """
CREATE FUNCTION audit_add_table(above text, name text, holds text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    reader text;
BEGIN
    EXECUTE format('CREATE TABLE %I PARTITION OF %I %s', name, above, holds);
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()', name);
    FOR reader IN
        SELECT pg_get_userbyid(grantee) FROM pg_class CROSS JOIN aclexplode(relacl)
        WHERE oid = to_regclass(above) AND privilege_type = 'SELECT' AND grantee NOT IN (0, relowner)
    LOOP
        EXECUTE format('GRANT SELECT ON %I TO %I', name, reader);
    END LOOP;
END
$$;
COMMENT ON FUNCTION audit_add_table(text, text, text) IS
    'Adds a table below one of the trail''s, protected like all of them, for the same readers.';

CREATE FUNCTION audit_add_month(class text, month date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    above text := 'audit_entry_' || class;
    name text := above || to_char(month, '_YYYY_MM');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM audit_add_table(above, name, format(
        'FOR VALUES FROM (%L) TO (%L)',
        to_char(month, 'YYYY-MM-01 00:00:00+00'),
        to_char(month + interval '1 month', 'YYYY-MM-01 00:00:00+00')));
    RETURN true;
END
$$;
COMMENT ON FUNCTION audit_add_month(text, date) IS
    'Adds the table of a class and month (UTC); false where it is there.';
"""

FORWARD = REBUILD.format(
    make="""
    CREATE TABLE audit_entry (
        LIKE audit_entry_before INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING COMMENTS,
        retention varchar(10) NOT NULL DEFAULT 'house'
    ) PARTITION BY LIST (retention);
    COMMENT ON COLUMN audit_entry.retention IS
        'The class under which the action is kept (retention.py); no part of what is sealed.';
    PERFORM audit_add_table('audit_entry', 'audit_entry_house', 'FOR VALUES IN (''house'')');
    PERFORM audit_add_table('audit_entry', 'audit_entry_' || class,
                            format('FOR VALUES IN (%L) PARTITION BY RANGE (at)', class))
        FROM unnest(ARRAY['access', 'proof']) AS class;
    PERFORM audit_add_table('audit_entry_' || class, 'audit_entry_' || class || '_rest', 'DEFAULT')
        FROM unnest(ARRAY['access', 'proof']) AS class;
    PERFORM audit_add_month(class, month::date)
        FROM unnest(ARRAY['access', 'proof']) AS class, generate_series(
            date_trunc('month', coalesce((SELECT min(at) FROM audit_entry_before),
                                         consentadmin_now()) AT TIME ZONE 'UTC'),
            date_trunc('month', consentadmin_now() AT TIME ZONE 'UTC'), '1 month') AS month;
    """,
    move="""
    INSERT INTO audit_entry SELECT before.*, CASE
        WHEN action IN ('staff.signed-in', 'staff.sign-in-failed', 'staff.signed-out',
                        'person.looked-up', 'person.read', 'access.refused', 'trail.read')
            THEN 'access'
        WHEN action IN ('person.joined', 'person.parted')
            OR action LIKE 'export.%' OR action LIKE 'change.%' THEN 'proof'
        ELSE 'house' END
    FROM audit_entry_before before;
    """,
)
KEYED = """
ALTER TABLE audit_entry ADD PRIMARY KEY (id, retention, at);
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
"""

PRUNING = """
CREATE TABLE audit_pruning (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry bigint NOT NULL UNIQUE,
    retention varchar(10) NOT NULL,
    month date NOT NULL,
    leaves int8multirange NOT NULL,
    at timestamptz NOT NULL DEFAULT consentadmin_now()
);
COMMENT ON TABLE audit_pruning IS
    'Which leaves lost their entries, in which month of which class; the entry says the same by a
     digest, and more. The leaves themselves stay.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_pruning
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""

NO_WAY_BACK = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM audit_pruning) THEN
        RAISE EXCEPTION 'the trail was pruned: without audit_pruning it would look tampered with';
    END IF;
END
$$;
"""
BACKWARD = REBUILD.format(
    make="""
    CREATE TABLE audit_entry (
        LIKE audit_entry_before INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING COMMENTS
    );
    ALTER TABLE audit_entry DROP COLUMN retention;
    """,
    move="""
    INSERT INTO audit_entry (
        id, at, schema, action, outcome, actor_id, actor_name, actor_role, datamart, subject,
        reason, "case", change, request_id, data, sealed, xid, canonical)
    SELECT id, at, schema, action, outcome, actor_id, actor_name, actor_role, datamart, subject,
        reason, "case", change, request_id, data, sealed, xid, canonical
    FROM audit_entry_before;
    """,
)
UNKEYED = """
DROP TABLE audit_pruning;
DROP FUNCTION audit_add_month(text, date);
DROP FUNCTION audit_add_table(text, text, text);
ALTER TABLE audit_entry ADD PRIMARY KEY (id);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_search_indexes")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    [PARTS, FORWARD, KEYED, INDEXES, GUARDS, PRUNING],
                    [NO_WAY_BACK, BACKWARD, UNKEYED, INDEXES, GUARDS],
                )
            ],
            state_operations=[
                migrations.AddField(
                    model_name="entry",
                    name="retention",
                    field=models.CharField(db_default="house", max_length=10),
                )
            ],
        )
    ]
