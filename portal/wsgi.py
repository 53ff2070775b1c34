import atexit
import os

from django.core.wsgi import get_wsgi_application
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()

# Else a process that is told to stop waits five seconds for the threads of its pool.
atexit.register(connection.close_pool)
