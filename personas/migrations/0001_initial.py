from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Persona",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=120)),
                ("description", models.TextField(blank=True)),
                ("motives", models.TextField(blank=True)),
                ("pains", models.TextField(blank=True)),
                ("goals", models.TextField(blank=True)),
                ("objections", models.JSONField(blank=True, default=list)),
                ("channels", models.CharField(blank=True, max_length=200)),
                ("criteria", models.JSONField(default=list)),
                ("min_points", models.PositiveSmallIntegerField(default=10)),
                ("order", models.PositiveSmallIntegerField(default=0)),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["order", "id"],
            },
        ),
        migrations.CreateModel(
            name="Definition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.SlugField()),
                ("version", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=120)),
                ("words", models.TextField()),
                ("rule", models.JSONField(default=dict)),
                ("in_force_from", models.DateTimeField()),
            ],
            options={
                "ordering": ["key", "-version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("key", "version"), name="definition_version_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=160)),
                ("summary", models.TextField(blank=True)),
                ("price", models.DecimalField(decimal_places=2, max_digits=12)),
                ("currency", models.CharField(default="USD", max_length=3)),
                ("former_names", models.JSONField(blank=True, default=list)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "personas",
                    models.ManyToManyField(
                        blank=True, related_name="offers", to="personas.persona"
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
    ]
