"""The library of policies (政策库)."""

from django.urls import path

from policies.views import library

urlpatterns = [
    path("policies/", library.library, name="library"),
    path("policies/<str:code>/", library.policy, name="policy"),
]
