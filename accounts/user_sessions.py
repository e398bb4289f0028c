"""allauth's list of sessions, with rows of our own making.

Replaces: the receivers of allauth.usersessions, which write the key of a session as it is (`accounts.signed_in` writes
its hash).
"""

from allauth.usersessions.apps import UserSessionsConfig


class HashedUserSessionsConfig(UserSessionsConfig):
    def ready(self) -> None:
        """Connects none of allauth's receivers; those of `accounts.sign_in` do their work."""
