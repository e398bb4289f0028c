import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eds_console.settings")
# For a server. A command that is run by hand, such as a migration of a big table, may take as long as it needs.
os.environ.setdefault("DATABASE_TIMEOUT", "30")
application = get_wsgi_application()
