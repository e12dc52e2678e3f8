"""Let a notice that ended without an answer say so, and give waiting cases the window's term.

The sweep looks for lapsed notices every minute: those that are over must leave its index. Cases
handed in before the term was stored get it from the day of their receipt (行政许可法 art. 32).
"""

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from cases.working_time import Calendar, WorkingHours

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOTICE_DAYS = 5
END_NOTICES = """
UPDATE cases_supplement SET ended_at = cases_case.closed_at, remind_at = NULL
FROM cases_case
WHERE cases_case.id = case_id AND cases_case.closed_at IS NOT NULL
  AND work_item_id IS NULL AND answered_at IS NULL
"""


def give_terms(apps: Any, schema_editor: Any) -> None:
    cases = apps.get_model("cases", "Case").objects.filter(state="submitted", deemed_at=None)
    days = apps.get_model("cases", "CalendarDay").objects.values_list("date", "working")
    hours = WorkingHours(*(time.fromisoformat(moment) for moment in settings.BUSINESS_HOURS))
    calendar = Calendar(dict(days), hours=hours)
    for case in cases.only("pk", "received_at").iterator():
        day = case.received_at.astimezone(SHANGHAI).date()
        term = calendar.closing(calendar.add(day, NOTICE_DAYS))
        cases.filter(pk=case.pk).update(deemed_at=term)


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_facts_of_past_decisions")]

    operations = [
        migrations.RemoveIndex(model_name="supplement", name="cases_supplement_to_lapse"),
        migrations.AddField(
            model_name="supplement",
            name="ended_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="失效时间"),
        ),
        migrations.RunSQL(END_NOTICES, migrations.RunSQL.noop),
        migrations.RunPython(give_terms, migrations.RunPython.noop),
        # What the updates above leave behind would hold back the changes of the table.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="supplement",
            index=models.Index(
                condition=Q(answered_at=None, ended_at=None, work_item=None),
                fields=["lapses_at"],
                name="cases_supplement_to_lapse",
            ),
        ),
        migrations.AddConstraint(
            model_name="supplement",
            constraint=models.CheckConstraint(
                condition=Q(answered_at=None) | Q(ended_at=None), name="cases_supplement_one_end"
            ),
        ),
    ]
