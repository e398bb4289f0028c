from django.contrib.auth import views as auth_views
from django.urls import path

from accounts import views

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("account/", views.account, name="account"),
    path("account/keys/create/", views.create_key, name="create_key"),
    path("account/keys/<slug:key>/disable/", views.change_key, {"verb": "disable"}, name="disable_key"),
    path("account/keys/<slug:key>/enable/", views.change_key, {"verb": "enable"}, name="enable_key"),
    path("account/keys/<slug:key>/delete/", views.change_key, {"verb": "remove"}, name="delete_key"),
]
