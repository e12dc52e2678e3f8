"""The runs of the inspection."""

from django.urls import path

from policies.views import inspections

urlpatterns = [
    path("inspections/", inspections.inspections, name="inspections"),
    path("inspections/<int:pk>/", inspections.inspection_day, name="inspection-day"),
]
