"""Admin pages of policies: the policy editor has pages of its own under the stock site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from policies.editing import views
from policies.models import Policy
from portal.accounts.models import Role
from portal.accounts.permissions import RoleAdmin


@admin.register(Policy)
class PolicyAdmin(RoleAdmin):
    """Policies and their versions; a published version never changes."""

    writers = frozenset({Role.EDITOR})
    readers = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})

    def get_urls(self) -> list[URLPattern | URLResolver]:  # type: ignore[override]
        own = self.admin_site.admin_view
        pages = {
            "": (views.overview, "changelist"),
            "add/": (views.new_policy, "add"),
            "<int:pk>/change/": (views.policy, "change"),
            "<int:pk>/begin/": (views.begin, "begin"),
            "versions/<int:pk>/": (views.version, "version"),
            "versions/<int:pk>/build/": (views.build, "build"),
            "versions/<int:pk>/side/": (views.side, "side"),
            "versions/<int:pk>/save/": (views.save, "save"),
            "versions/<int:pk>/submit/": (views.submit, "submit"),
            "versions/<int:pk>/discard/": (views.discard, "discard"),
            "versions/<int:pk>/send-back/": (views.send_back, "send_back"),
            "versions/<int:pk>/publish/": (views.publish, "publish"),
            "versions/<int:pk>/trial/": (views.try_out, "trial"),
            "versions/<int:pk>/impact/": (views.show_impact, "impact"),
            "versions/<int:pk>/measure/": (views.measure, "measure"),
        }
        return [
            path(address, own(view), name=f"policies_policy_{name}")
            for address, (view, name) in pages.items()
        ]
