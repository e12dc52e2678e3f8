"""Addresses of supervision (监督)."""

from django.urls import path

from cases.supervision import views

urlpatterns = [
    path("supervision/", views.overview, name="supervision"),
    path("supervision/work-items/", views.work_items, name="supervision-work-items"),
    path("supervision/cases/<uuid:pk>/", views.case, name="supervision-case"),
]
