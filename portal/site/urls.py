"""Home, the way to one's desk, and the pages of a demonstration."""

from django.urls import path

from portal.site import views

urlpatterns = [
    path("", views.home, name="home"),
    path("desk/", views.desk, name="desk"),
    path("dev/messages/", views.dev_messages, name="dev-messages"),
    path("dev/clock/", views.dev_clock, name="dev-clock"),
    path("dev/clock/hour/", views.dev_clock_hour, name="dev-clock-hour"),
    path("dev/clock/working-day/", views.dev_clock_day, name="dev-clock-day"),
    path("dev/clock/set/", views.dev_clock_set, name="dev-clock-set"),
    path("dev/clock/reset/", views.dev_clock_reset, name="dev-clock-reset"),
]
