import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("changes", "0001_changes"),
        ("datamarts", "0001_datamarts"),
        ("subjects", "0002_roots_and_approving"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="change",
            name="compartment",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="change",
            name="compartment_name",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="change",
            name="decided_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="change",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="found_sealed",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="change",
            name="repeats",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="repeated",
                to="changes.change",
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="steps",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="change",
            name="strategy",
            field=models.CharField(blank=True, max_length=30),
        ),
        migrations.AddField(
            model_name="change",
            name="takes_person",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="change",
            name="undoes",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undone",
                to="changes.change",
            ),
        ),
        migrations.AlterField(
            model_name="change",
            name="accepted",
            field=models.BooleanField(null=True),
        ),
        migrations.AlterField(
            model_name="change",
            name="choice_ts",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="change",
            name="kind",
            field=models.CharField(
                choices=[
                    ("choice.put", "record a choice"),
                    ("profile.put", "write a profile"),
                    ("profile.delete", "delete a profile"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="change",
            name="processing",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("state", "awaiting-approval")),
                fields=["datamart", "id"],
                name="change_awaiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "choice.put"), _negated=True),
                    models.Q(
                        ("accepted__isnull", False),
                        ("choice_ts__isnull", False),
                        ("processing__gt", ""),
                    ),
                    _connector="OR",
                ),
                name="change_of_a_choice_has_its_value",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", None)),
                    models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                    _connector="OR",
                ),
                name="change_decided_at_with_decided_by",
            ),
        ),
    ]
