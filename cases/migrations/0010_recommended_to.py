from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_resumed_cases"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint("recommendation", "cases_recommendation_one_open"),
        migrations.AddField(
            "recommendation",
            "user",
            models.ForeignKey(
                on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            "recommendation",
            models.UniqueConstraint(
                condition=models.Q(("applied_at", None), ("dismissed_at", None)),
                fields=("subject", "policy", "user"),
                name="cases_recommendation_one_open",
            ),
        ),
    ]
