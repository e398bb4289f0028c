from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ui.dialogs import Dialog, show
from ui.pages import current_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """The rules of sharing in short, and the keyboard shortcuts."""
    return show(
        request, Dialog(title=_("Help"), back=current_page(request) or reverse("home")), template="ui/help.jinja"
    )
