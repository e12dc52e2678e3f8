"""Addresses of the comprehensive database (综合数据库)."""

from django.urls import path

from cases.analysis import views

urlpatterns = [
    path("analysis/", views.analysis, name="analysis-start"),
    path("analysis/<slug:page>/", views.analysis, name="analysis"),
    path("analysis/<slug:page>/excel/", views.excel, name="analysis-excel"),
]
