"""Sign-in: pages of allauth that are used keep its names, nothing else of it is reachable."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from portal.accounts import views

staff_pages = (
    [
        path("sign-in/code/resend/", views.resend, name="resend"),
        path("staff/sign-in/", views.staff_sign_in, name="staff-sign-in"),
        path("staff/second-factor/", views.second_factor_page, name="second-factor"),
        path("staff/password/", views.new_password, name="new-password"),
        path("staff/password/change/", views.change_password, name="change-password"),
    ],
    "accounts",
)

urlpatterns = [
    path("sign-in/", views.phone, name="account_login"),
    path("sign-in/code/", views.code, name="account_confirm_login_code"),
    path("sign-in/inactive/", views.inactive, name="account_inactive"),
    path("sign-out/", login_not_required(LogoutView.as_view()), name="account_logout"),
    path("", include(staff_pages)),
]
