"""The database's clock, which everything that is stored takes (DESIGN §4)."""

from django.db import migrations

MAKE = """
CREATE FUNCTION consentadmin_now() RETURNS timestamptz
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT clock_timestamp()
         + coalesce(nullif(current_setting('consentadmin.clock_offset', true), ''), '0')::interval
$$;
COMMENT ON FUNCTION consentadmin_now() IS
    'The clock of leases, due times and entries; tests move it by consentadmin.clock_offset.';
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(MAKE, "DROP FUNCTION consentadmin_now()")]
