"""A row for each process that others watch: when it was last seen at work."""

from django.db import migrations, models

import consentadmin.audit.clock


class Migration(migrations.Migration):
    initial = True
    dependencies = [("audit", "0001_the_database_clock")]
    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "process",
                    models.CharField(max_length=40, primary_key=True, serialize=False),
                ),
                (
                    "beat_at",
                    models.DateTimeField(db_default=consentadmin.audit.clock.DatabaseNow()),
                ),
            ],
        ),
    ]
