"""URLs of the window; names in the namespace `cases`."""

from django.urls import path

from cases.views import window

urlpatterns = [
    path("window/", window.queue, name="window"),
    path("window/find/", window.find, name="window-find"),
    path("window/<uuid:pk>/", window.case, name="window-case"),
    path("window/<uuid:pk>/accept/", window.accept, name="window-accept"),
    path("window/<uuid:pk>/ask/", window.ask, name="window-ask"),
    path("window/<uuid:pk>/refuse/", window.refuse, name="window-refuse"),
    path("window/<uuid:pk>/reveal/<slug:code>/", window.reveal, name="window-reveal"),
]
