"""Addresses of the machine interface; names in the namespace `api`."""

from django.urls import path

from cases.api import views

app_name = "api"
urlpatterns = [
    path(
        "work-items/<int:pk>/deadline/",
        views.WorkItemDeadline.as_view(),
        name="work-item-deadline",
    ),
]
