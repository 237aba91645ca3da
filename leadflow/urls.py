"""Every address of leadflow, room by room."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from leadflow import operations

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "leadflow"

# Under /api/ an error is a problem (RFC 9457), elsewhere a page.
handler400 = "accounts.problems.bad_request"
handler403 = "accounts.problems.permission_denied"
handler404 = "accounts.problems.not_found"
handler500 = "accounts.problems.server_error"

urlpatterns = [
    path("healthz", operations.healthz, name="healthz"),
    path("readyz", operations.readyz, name="readyz"),
    path("metrics", operations.metrics, name="metrics"),
    path("api/v1/", include("leadflow.api_urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("personas.urls")),
    path("", include("leads.urls")),
    path("", include("sla.urls")),
]
