"""Receipts, the pace of text messages, providers that rest; wordings may only name templates."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0002_ledger_append_only'),
        ('notifications', '0002_wording_and_values'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # A dead letter is found by its reason.
        migrations.RunSQL(
            "UPDATE notifications_message SET error = '通道报告发送失败'"
            " WHERE state IN ('failed', 'unknown') AND error = ''",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name='Circuit',
            fields=[
                ('provider', models.CharField(max_length=16, primary_key=True, serialize=False)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('rests_until', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='message',
            name='paced_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='wording',
            name='aliyun_template',
            field=models.CharField(blank=True, max_length=32, verbose_name='阿里云模板编号'),
        ),
        migrations.AddField(
            model_name='wording',
            name='tencent_template',
            field=models.CharField(blank=True, max_length=32, verbose_name='腾讯云模板编号'),
        ),
        migrations.AlterField(
            model_name='message',
            name='state',
            field=models.CharField(choices=[('queued', '待发送'), ('sending', '发送中'), ('accepted', '已提交'), ('delivered', '已送达'), ('failed', '发送失败'), ('unknown', '结果不明'), ('merged', '已并入汇总'), ('skipped', '仅站内信')], default='queued', max_length=10, verbose_name='状态'),
        ),
        migrations.AlterField(
            model_name='wording',
            name='text',
            field=models.TextField(blank=True, max_length=500, verbose_name='内容'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('paced_at__isnull', False)), fields=['recipient', 'paced_at'], name='notifications_message_paced'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('provider_ref', ''), _negated=True), fields=['provider_ref'], name='notifications_message_ref'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('due_at', None), models.Q(('error', ''), _negated=True)), fields=['-settled_at'], name='notifications_message_dead'),
        ),
    ]
