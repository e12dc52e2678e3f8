from django.apps import AppConfig
from django.contrib.admin import apps as admin


class SiteConfig(AppConfig):
    default = True
    name = "portal.site"
    verbose_name = "站点"


class PortalAdminConfig(admin.AdminConfig):
    """Makes `django.contrib.admin.site` the portal's own."""

    default = False
    default_site = "portal.site.admin_site.PortalAdminSite"
