"""Indexes for each filter of the trail, in the trail's order: that of time, then of id."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_sealed"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="entry",
            name="entry_subject",
        ),
        migrations.RemoveIndex(
            model_name="entry",
            name="entry_actor",
        ),
        migrations.RemoveIndex(
            model_name="entry",
            name="entry_action",
        ),
        migrations.RemoveIndex(
            model_name="entry",
            name="entry_change",
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["subject", "at", "id"], name="entry_of_subject"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["actor_id", "at", "id"], name="entry_of_actor"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["action", "at", "id"], name="entry_of_action"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["datamart", "at", "id"], name="entry_of_datamart"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("outcome", "done"), _negated=True),
                fields=["outcome", "at", "id"],
                name="entry_of_outcome",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("reason", ""), _negated=True),
                fields=["reason", "at", "id"],
                name="entry_of_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("case", ""), _negated=True),
                fields=["case", "at", "id"],
                name="entry_of_case",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("change__isnull", False)),
                fields=["change", "at", "id"],
                name="entry_of_change",
            ),
        ),
    ]
