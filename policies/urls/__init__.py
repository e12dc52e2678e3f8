"""The addresses of policies, one module per group of pages."""

from importlib import import_module
from importlib.util import find_spec

app_name = "policies"
urlpatterns = [
    pattern
    for group in ("library", "facts", "codes", "editing", "inspections")
    if find_spec(f"policies.urls.{group}")
    for pattern in import_module(f"policies.urls.{group}").urlpatterns
]
