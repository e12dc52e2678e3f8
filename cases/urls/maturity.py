"""Addresses of items that wait to become ripe (成熟激活)."""

from django.urls import path

from cases.views import maturity

urlpatterns = [
    path("cases/<uuid:pk>/resume/", maturity.resume, name="resume"),
    path("parked/<int:parked_id>/give-up/", maturity.give_up, name="give-up-parked"),
]
