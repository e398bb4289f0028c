#!/usr/bin/env python
"""Run a management command.

This is the developer's door, so DEBUG is on here unless the environment says otherwise; the WSGI door
(`eds_console.wsgi`) starts with DEBUG off and refuses to start without a SECRET_KEY.
"""

import os
import sys

from django.core.management import execute_from_command_line

from eds_console.private import keep_private

if __name__ == "__main__":
    keep_private()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eds_console.settings")
    os.environ.setdefault("DEBUG", "1")
    execute_from_command_line(sys.argv)
