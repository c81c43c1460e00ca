"""When the document of a fenced change is looked at once more (FAULTS cell 5)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("changes", "0002_profiles_and_approvals")]

    operations = [
        migrations.AddField("change", "second_look_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "change",
            models.Index(
                fields=["second_look_at"],
                name="change_second_look",
                condition=models.Q(second_look_at__isnull=False),
            ),
        ),
    ]
