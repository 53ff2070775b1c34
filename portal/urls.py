from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path

from portal import components, machines
from strategy import sitemaps
from strategy.views import memento

# What has no language
urlpatterns = [
    path("robots.txt", machines.robots, name="robots"),
    path(".well-known/security.txt", machines.security, name="security"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemap-<int:number>.xml", sitemaps.sitemap, name="sitemap_file"),
    path("favicon.ico", machines.favicon, name="favicon"),
    path("farger.css", machines.site_colours, name="colours"),
    re_path(r"^timegate/(?P<uri>.*)$", memento.timegate, name="timegate"),
    # A number, for one of many parts, stands before an address in full.
    re_path(r"^timemap/link/(?:(?P<number>[1-9]\d{0,5})/(?=https?:/))?(?P<uri>.*)$", memento.timemap, name="timemap"),
]

urlpatterns += i18n_patterns(
    path("admin/", admin.site.urls),
    path("komponenter/", components.components, name="components"),
    path("", include("feedback.urls")),
    # Last: the addresses of its pages are whatever staff make them.
    path("", include("strategy.urls")),
    prefix_default_language=False,
)

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.permission_denied"
handler404 = "portal.errors.page_not_found"
handler500 = "portal.away.server_error"
