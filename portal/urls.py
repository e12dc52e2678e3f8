"""The table of all addresses; each floor brings its own."""

from django.contrib import admin
from django.urls import include, path

from portal.site.health import healthz

handler500 = "portal.core.middleware.server_error"
urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("api/", include("cases.api.urls")),
    path("", include("portal.site.urls")),
    path("", include("portal.accounts.urls")),
    path("", include("notifications.urls")),
    path("", include("policies.urls")),
    path("", include("cases.urls")),
]
