from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.forms import LoginForm
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from crispy_forms.helper import FormHelper
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django import forms
from django.contrib.auth import get_backends
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from accounts import events
from accounts.models import User
from ui.entered import logon_name
from ui.fields import NameField

if TYPE_CHECKING:
    from accounts.models import Account
    from audit.models import Actor


class SignInForm(LoginForm):
    """The first step of allauth's sign-in, with the field names that this console always had."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name, password = self.fields["login"], self.fields["password"]
        name.label = _("Logon name")
        name.help_text = _("An e-mail address, or name@ACCOUNT-ID.onaliyun.com for a RAM user.")
        password.help_text = ""
        for field in (name, password):
            field.widget.attrs.pop("placeholder")
        name.widget.attrs["autofocus"] = True
        self.helper = FormHelper()
        self.helper.form_tag = False

    def add_prefix(self, field_name: str) -> str:
        return "username" if field_name == "login" else super().add_prefix(field_name)

    def clean_login(self) -> str:
        return logon_name(super().clean_login())


class ResetPasswordForm(AllauthResetPasswordForm):
    def clean_email(self) -> str:
        email = super().clean_email()
        [backend] = get_backends()
        found: list[User] = self.users  # type: ignore[has-type]
        self.users = [user for user in found if backend.user_can_authenticate(user)]  # type: ignore[attr-defined]
        return email


class RecordedCodeForm(forms.Form):
    """A person who has guessed too often is recorded in the operation log. allauth itself reports wrong codes."""

    user: User

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except ValidationError as refusal:
            if refusal.code == "too_many_login_attempts":
                events.locked_out_of_codes(get_account_adapter().request, self.user)
            raise
        return code


class SecondCodeForm(RecordedCodeForm, AuthenticateForm):
    pass


class ConfirmCodeForm(RecordedCodeForm, ReauthenticateForm):
    pass


class ActivateAppForm(ActivateTOTPForm):
    def clean_code(self) -> str:
        """The code that sets an authenticator app up counts as used: it signs nobody in."""
        code: str = super().clean_code()
        secret = get_adapter().encrypt(self.secret)
        app = Authenticator(user=self.user, type=Authenticator.Type.TOTP, data={"secret": secret})
        if not app.wrap().validate_code(code):
            raise get_adapter().validation_error("incorrect_code")
        return code


# allauth and fido2 raise these errors for an answer that no authenticator gives.
UNREADABLE = (
    AttributeError,
    InvalidSignature,
    LookupError,
    OverflowError,
    RecursionError,
    TypeError,
    UnsupportedAlgorithm,
    ValueError,
    struct.error,
)


class CredentialField(forms.JSONField):
    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (RecursionError, ValueError):  # Such as of a number with thousands of digits.
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value}) from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        """The form shows nothing again: the next answer is to another question, and half a surrogate cannot be sent."""
        return None


class ReadableCredential(forms.Form):
    """A passkey's answer that cannot be read is refused like one that is wrong."""

    credential = CredentialField(required=True, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean() or {}
        except UNREADABLE:
            raise get_adapter().validation_error("incorrect_code") from None

    def clean_credential(self) -> Any:
        # Which reads it where the form does not as a whole.
        read = getattr(super(), "clean_credential", lambda: self.cleaned_data["credential"])
        try:
            return read()
        except UNREADABLE:
            self._record(events.WRONG_CODE)
            raise get_adapter().validation_error("incorrect_code") from None
        except ValidationError as refusal:
            self._record(events.LOCKED_OUT if refusal.code == "too_many_login_attempts" else events.WRONG_CODE)
            raise

    def _record(self, outcome: str) -> None:
        """A passkey that was refused, which allauth tells nobody."""
        request, user = get_account_adapter().request, getattr(self, "user", None)
        if user is None:
            events.sign_in_failed(request, "", outcome, type="webauthn")
        elif outcome == events.LOCKED_OUT:
            events.locked_out_of_codes(request, user)
        else:
            events.record("UseAuthenticator", request, user, outcome, type="webauthn")


class SignInPasskeyForm(ReadableCredential, LoginWebAuthnForm):
    pass


class ConfirmPasskeyForm(ReadableCredential, ReauthenticateWebAuthnForm):
    pass


class SecondPasskeyForm(ReadableCredential, AuthenticateWebAuthnForm):
    pass


class AddPasskeyForm(ReadableCredential, AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        # A person who can sign in with it alone is asked for a fingerprint or a PIN, and has no password to give away.
        self.fields["passwordless"].initial = True


class EditPasskeyForm(EditWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")


class RamUserForm(forms.Form):
    """The main user enters these values of a RAM user; the model's verbs check and write them."""

    name = NameField(
        label=_("Name"),
        max_length=64,
        validators=[RegexValidator(r"^[a-zA-Z0-9._-]+\Z", _("Only letters, digits, dots, dashes and underscores."))],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    policy = forms.ChoiceField(
        label=_("Policy"),
        choices=[
            (User.Policy.FULL_ACCESS, _("AliyunECDFullAccess: may do everything but manage people")),
            (User.Policy.READ_ONLY, _("AliyunECDReadOnlyAccess: may see everything and change nothing")),
        ],
        widget=forms.RadioSelect,
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        required=False,
        help_text=_("Optional. Without one, only you can set a new password for this person."),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, account: Account, ram_user: User | None = None, **kwargs: Any) -> None:
        if ram_user:
            kwargs["initial"] = {"policy": ram_user.policy, "email": ram_user.email}
        super().__init__(*args, **kwargs)
        self.account, self.ram_user = account, ram_user
        self.fields["name"].help_text = _("The logon name is then name@%(account)s.onaliyun.com.") % {
            "account": account
        }
        if ram_user:
            del self.fields["name"]
            self.fields["password"].label = _("New password")
            self.fields["password"].required = False
            self.fields["password"].help_text = _(
                "Empty to leave it as it is. A new one signs the person out everywhere."
            )
        self.helper = FormHelper()
        self.helper.form_tag = False

    def save(self, *, by: Actor) -> User | None:
        """The RAM user, made or changed; None when the form or the model refuses. Raises PermissionDenied."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        name = given["name"].lower() if "name" in given else ""
        user = self.ram_user or User(
            username=f"{name}@{self.account}.onaliyun.com",
            account=self.account,
            policy=given["policy"],
            email=given["email"],
        )
        try:
            if self.ram_user:
                user.change(by=by, policy=given["policy"], email=given["email"], password=given["password"])
            else:
                user.create(given["password"], by=by)
        except ValidationError as refusal:
            self._show(refusal)
            return None
        return user

    def _show(self, refusal: ValidationError) -> None:
        if not hasattr(refusal, "error_dict"):
            self.add_error(None, refusal)
            return
        for field, errors in refusal.error_dict.items():
            name = "name" if field == "username" else field
            self.add_error(name if name in self.fields else None, errors)
