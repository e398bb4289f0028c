from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import ConsoleRequest
from accounts.preferences import COLUMNS, PreferencesForm, hidden_columns
from ui.dialogs import Dialog, show
from ui.pages import current_page, page

if TYPE_CHECKING:
    from django.http import HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: ConsoleRequest) -> HttpResponse:
    """The person's preferences as a page; menus and the gear of a list send single values here."""
    if request.method != "POST":
        return page(request, "accounts/preferences.jinja", {"form": PreferencesForm(initial=request.user.preferences)})
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        return page(request, "accounts/preferences.jinja", {"form": form}, status=422)
    form.save(request.user)
    target = request.POST.get("next", "") or current_page(request) or ""
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        target = reverse("preferences")
        messages.success(request, _("Your preferences are saved."))
    response = redirect(target)
    if "language" in form.data:
        # The sign-in page speaks it, too.
        language = form.cleaned_data["language"]
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, httponly=True, samesite="Lax", secure=settings.HTTPS
        )
    return response


@require_safe
def columns(request: ConsoleRequest, name: str) -> HttpResponse:
    """The gear of a list: its columns, its density and the size of its pages."""
    if name not in COLUMNS:
        raise Http404
    hidden = hidden_columns(request.user, name)
    return show(
        request,
        Dialog(title=_("Preferences"), back=current_page(request) or reverse("home"), submit=_("Save"), width=480),
        template="accounts/columns.jinja",
        action=reverse("preferences"),
        form=PreferencesForm(initial=request.user.preferences),
        name=name,
        columns=[(column, label, column not in hidden) for column, label in COLUMNS[name].items()],
    )
