from typing import Any

from crispy_forms.helper import FormHelper
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _(
            "The logon name or the password is wrong, or the account cannot sign in. Check both; the password "
            "distinguishes upper and lower case."
        ),
        "inactive": _("The logon name or the password is wrong, or the account cannot sign in."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Logon name")
        self.fields["username"].help_text = _("An e-mail address, or name@ACCOUNT-ID.onaliyun.com for a RAM user.")
        self.helper = FormHelper()
        self.helper.form_tag = False
