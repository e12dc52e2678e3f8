"""The table of all addresses; each floor brings its own."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

from portal.site.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("", include("portal.site.urls")),
    path("", include("portal.accounts.urls")),
    path("", include("notifications.urls")),
]
if find_spec("cases.urls.talent"):
    urlpatterns.append(path("", include(("cases.urls", "cases"))))
