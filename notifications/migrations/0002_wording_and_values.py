"""A message keeps its wording and the values that fill it, instead of one sealed text."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import portal.core.crypto

CHUNK = 1000


def part_texts(apps: Any, schema_editor: Any) -> None:
    """Keep what was told before as a value of its own."""
    message = apps.get_model("notifications", "Message")
    rows = message.objects.filter(sealed__isnull=True).order_by("pk")
    while chunk := list(rows[:CHUNK]):
        for row in chunk:
            row.template, row.sealed = "{text}", {"text": row.body}
        message.objects.bulk_update(chunk, ["template", "sealed"])


def join_texts(apps: Any, schema_editor: Any) -> None:
    message = apps.get_model("notifications", "Message")
    for row in message.objects.all().iterator(CHUNK):
        row.body = row.template.format_map(row.params | (row.sealed or {}))
        row.save(update_fields=["body"])


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.AddField(
            "message",
            "template",
            models.TextField("文字", default=""),
            preserve_default=False,
        ),
        migrations.AddField("message", "params", models.JSONField(blank=True, default=dict)),
        migrations.AddField(
            "message", "sealed", portal.core.crypto.EncryptedJSONField(blank=True, null=True)
        ),
        migrations.AlterField(
            "message", "body", portal.core.crypto.EncryptedTextField("内容", default="", blank=True)
        ),
        migrations.RunPython(part_texts, join_texts),
        migrations.RemoveField("message", "body"),
        migrations.AddField(
            "message",
            "merged_into",
            models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="notifications.message",
            ),
        ),
        migrations.AddField(
            "message", "provider", models.CharField(blank=True, max_length=16, verbose_name="通道")
        ),
        migrations.AddField(
            "message",
            "provider_ref",
            models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AlterField(
            "message",
            "state",
            models.CharField(
                choices=[
                    ("queued", "待发送"),
                    ("sending", "发送中"),
                    ("accepted", "已提交"),
                    ("delivered", "已送达"),
                    ("failed", "发送失败"),
                    ("unknown", "结果不明"),
                    ("merged", "已并入汇总"),
                ],
                default="queued",
                max_length=10,
                verbose_name="状态",
            ),
        ),
    ]
