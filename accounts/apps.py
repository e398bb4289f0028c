from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        # Late: they need the models of other apps.
        from accounts import events
        from accounts.csrf import bind_secrets_to_people
        from accounts.sign_in import keep_sessions

        keep_sessions()
        events.connect()
        bind_secrets_to_people()
