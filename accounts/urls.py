from allauth.account import views as allauth_views
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from django.views.decorators.http import require_POST

from accounts.passkeys import SignInWithPasskey
from accounts.views import center, keys, people, preferences

urlpatterns = [
    path("login/", center.SignIn.as_view(), name="account_login"),
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
    path("account/", center.account, name="account"),
    path("account/preferences/", preferences.preferences, name="preferences"),
    path("account/preferences/<slug:name>/", preferences.columns, name="columns"),
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
    path("account/sessions/", center.sessions, name="usersessions_list"),
    path("account/keys/create/", keys.create, name="create_key"),
    path("account/keys/<slug:key>/disable/", keys.disable, name="disable_key"),
    path("account/keys/<slug:key>/enable/", keys.enable, name="enable_key"),
    path("account/keys/<slug:key>/delete/", keys.delete, name="delete_key"),
    path("account/people/create/", people.create, name="create_person"),
    path("account/people/<slug:person>/edit/", people.edit, name="edit_person"),
    path("account/people/<slug:person>/disable/", people.disable, name="disable_person"),
    path("account/people/<slug:person>/enable/", people.enable, name="enable_person"),
    path("account/people/<slug:person>/delete/", people.delete, name="delete_person"),
]
