import os

from django.core.wsgi import get_wsgi_application
from django.db import connection

from eds_console.sqlite.turns import taking_turns

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eds_console.settings")
# For a server; what is run by hand, as a migration of a big table, may take as long as it needs.
os.environ.setdefault("DATABASE_TIMEOUT", "30")
handler = get_wsgi_application()
application = taking_turns(handler) if connection.vendor == "sqlite" else handler
