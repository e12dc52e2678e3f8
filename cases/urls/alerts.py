"""Addresses of the banner that every page of staff carries."""

from django.urls import path

from cases.views import alerts

urlpatterns = [
    path("alerts/", alerts.alerts, name="alerts"),
    path("cards/<int:pk>/seen/", alerts.seen, name="card-seen"),
]
