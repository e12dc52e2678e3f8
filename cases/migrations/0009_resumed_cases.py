from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_parked_and_recommended")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="resumed_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="恢复办理时间"
            ),
        ),
        migrations.AddField(
            model_name="parkeditem",
            name="remind_on",
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.RemoveIndex(model_name="parkeditem", name="cases_parkeditem_due"),
        migrations.AddIndex(
            model_name="parkeditem",
            index=models.Index(
                condition=Q(state="waiting"),
                fields=["expected_on", "id"],
                name="cases_parkeditem_due",
            ),
        ),
        migrations.AddIndex(
            model_name="parkeditem",
            index=models.Index(
                condition=Q(remind_on__isnull=False, state__in=["waiting", "ripe"]),
                fields=["remind_on"],
                name="cases_parkeditem_reminding",
            ),
        ),
    ]
