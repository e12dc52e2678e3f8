"""The counter of case numbers; a sequence never runs back, not even when a submission fails."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE cases_case_number MINVALUE 1",
            "DROP SEQUENCE cases_case_number",
        )
    ]
