"""The Celery application of beat, which only sends names of tasks: it needs no Django, no models.

Half the memory of the workers' application. The schedule is the same, from the same settings.
"""

from celery import Celery

app = Celery("leadflow", fixups=[], set_as_current=False)
app.config_from_object("leadflow.settings", namespace="CELERY")
