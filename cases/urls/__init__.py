"""The addresses of joint handling, one module per group of people."""

from importlib import import_module
from importlib.util import find_spec

app_name = "cases"
urlpatterns = [
    pattern
    for group in (
        "talent",
        "window",
        "supervision",
        "bulletins",
        "papers",
        "alerts",
        "maturity",
        "recommending",
        "navigator",
        "potential",
        "analysis",
    )
    if find_spec(f"cases.urls.{group}")
    for pattern in import_module(f"cases.urls.{group}").urlpatterns
]
