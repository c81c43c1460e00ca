"""The trail is append-only: PostgreSQL refuses UPDATE, DELETE and TRUNCATE, to every role.

The app's role lacks these rights as well (audit/rights.py); the triggers hold for the owner too.
"""

from django.db import migrations

MAKE = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the trail is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- The transaction an entry was written in: what a sealer orders by, so as to skip none.
ALTER TABLE audit_entry ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
"""
UNMAKE = """
ALTER TABLE audit_entry DROP COLUMN xid;
DROP TRIGGER append_only ON audit_entry;
DROP FUNCTION audit_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_the_trail")]
    operations = [migrations.RunSQL(MAKE, UNMAKE)]
