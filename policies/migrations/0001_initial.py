import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='CatalogueVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='版本号')),
                ('digest', models.CharField(max_length=64, verbose_name='摘要')),
                ('document', models.JSONField(verbose_name='目录内容')),
                ('published_at', models.DateTimeField(verbose_name='发布时间')),
            ],
            options={
                'verbose_name': '目录版本',
                'verbose_name_plural': '目录版本',
                'ordering': ['one_thing', 'number'],
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='OneThing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='代码')),
                ('slug', models.SlugField(unique=True, verbose_name='网址代码')),
                ('name', models.CharField(max_length=100, verbose_name='名称')),
                ('is_open', models.BooleanField(default=True, verbose_name='开放申请')),
                ('current', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='policies.catalogueversion', verbose_name='现行版本')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='led_one_things', to='accounts.department', verbose_name='牵头部门')),
            ],
            options={
                'verbose_name': '一件事',
                'verbose_name_plural': '一件事',
                'ordering': ['code'],
            },
        ),
        migrations.AddField(
            model_name='catalogueversion',
            name='one_thing',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='policies.onething', verbose_name='一件事'),
        ),
        migrations.AddConstraint(
            model_name='catalogueversion',
            constraint=models.UniqueConstraint(fields=('one_thing', 'number'), name='policies_version_number_once'),
        ),
        migrations.AddConstraint(
            model_name='catalogueversion',
            constraint=models.UniqueConstraint(fields=('one_thing', 'digest'), name='policies_version_digest_once'),
        ),
    ]
