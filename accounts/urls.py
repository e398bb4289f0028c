from allauth.account import views as allauth_views
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from django.views.decorators.http import require_POST

from accounts import views
from accounts.passkeys import SignInWithPasskey

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="account_login"),
    path("login/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("login/password/", allauth_views.password_reset, name="account_reset_password"),
    path("login/password/sent/", allauth_views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^login/password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "login/password/changed/",
        allauth_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("logout/", require_POST(allauth_views.logout), name="account_logout"),
    path("account/", views.account, name="account"),
    path("account/confirm/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("account/password/", allauth_views.password_change, name="account_change_password"),
    path("account/password/set/", allauth_views.password_set, name="account_set_password"),
    # Before allauth's own of that path.
    path(
        "account/mfa/webauthn/login/",
        login_not_required(SignInWithPasskey.as_view()),
        name="mfa_login_webauthn",
    ),
    path("account/mfa/", include("allauth.mfa.urls")),
    path("account/sessions/", views.sessions, name="usersessions_list"),
    path("account/keys/create/", views.create_key, name="create_key"),
    path("account/keys/<slug:key>/disable/", views.change_key, {"verb": "disable"}, name="disable_key"),
    path("account/keys/<slug:key>/enable/", views.change_key, {"verb": "enable"}, name="enable_key"),
    path("account/keys/<slug:key>/delete/", views.change_key, {"verb": "remove"}, name="delete_key"),
    path("account/people/create/", views.create_person, name="create_person"),
    path("account/people/<slug:person>/edit/", views.edit_person, name="edit_person"),
    path("account/people/<slug:person>/disable/", views.change_person, {"verb": "disable"}, name="disable_person"),
    path("account/people/<slug:person>/enable/", views.change_person, {"verb": "enable"}, name="enable_person"),
    path("account/people/<slug:person>/delete/", views.change_person, {"verb": "remove"}, name="delete_person"),
]
