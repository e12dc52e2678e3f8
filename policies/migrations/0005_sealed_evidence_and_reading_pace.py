"""Seal what a recognition rests on, and find an institution's latest readings by an index."""

import django.db.models.deletion
import portal.core.crypto
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policies", "0004_published_policies_never_change")]

    operations = [
        # Nothing could write the column yet, so there is nothing to carry over.
        migrations.RemoveField("recognition", "evidence"),
        migrations.AddField(
            "recognition",
            "evidence",
            portal.core.crypto.EncryptedJSONField(default=dict, verbose_name="认定依据"),
        ),
        migrations.AlterField(
            "codeuse",
            "institution",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="uses",
                to="policies.institution",
            ),
        ),
        migrations.AddIndex(
            "codeuse",
            models.Index(fields=["institution", "-at"], name="policies_codeuse_lately"),
        ),
    ]
