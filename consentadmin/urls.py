"""All addresses of the house. None holds anything of a person (DESIGN §4)."""

from django.urls import include, path

urlpatterns = [path("", include("consentadmin.web.urls"))]

handler400 = "consentadmin.web.views.errors.bad_request"
handler403 = "consentadmin.web.views.errors.forbidden"
handler404 = "consentadmin.web.views.errors.not_found"
handler500 = "consentadmin.web.views.errors.broken"
