"""Addresses of the navigator (政策导航) and of shared packages; open to everybody."""

from django.urls import path

from cases.views import navigator

urlpatterns = [
    path("navigator/", navigator.start, name="navigator"),
    path("navigator/erase/", navigator.erase, name="navigator-erase"),
    path("navigator/<slug:kind>/<int:number>/", navigator.question, name="navigator-question"),
    path("navigator/<slug:kind>/package/", navigator.package, name="navigator-package"),
    path("navigator/<slug:kind>/package.pdf", navigator.paper, name="navigator-paper"),
    path("navigator/<slug:kind>/share/", navigator.share, name="navigator-share"),
    path("navigator/<slug:kind>/file/", navigator.file, name="navigator-file"),
    path("packages/<slug:token>/", navigator.shared, name="package"),
    path("packages/<slug:token>/package.pdf", navigator.shared_paper, name="package-paper"),
    path("packages/<slug:token>/file/", navigator.file_shared, name="package-file"),
]
