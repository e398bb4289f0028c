from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        # Late: it needs the models of other apps.
        from accounts.csrf import bind_secrets_to_people
        from accounts.sign_in import record_changes

        record_changes()
        bind_secrets_to_people()
