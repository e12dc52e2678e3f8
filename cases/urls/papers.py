"""Addresses of papers printed from a case (文书)."""

from django.urls import path

from cases.views import papers

urlpatterns = [
    path("cases/<uuid:pk>/papers/<slug:kind>.pdf", papers.paper, name="paper"),
    path("work-items/<int:pk>/paper.pdf", papers.work_item_paper, name="work-item-paper"),
]
