"""The addresses of policies, one module per group of pages."""

from policies.urls import codes, facts, inspections, library

app_name = "policies"
urlpatterns = [
    *library.urlpatterns,
    *facts.urlpatterns,
    *codes.urlpatterns,
    *inspections.urlpatterns,
]
