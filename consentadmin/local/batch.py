"""Several `manage.py` commands in one process, which spares the start of Django for each.

    python -m consentadmin.local.batch '[["syncreferentials"], ["addstaff", "--email", …]]'

The first that fails ends it, with that command's own words and exit code.
"""

import json
import os
import sys

from django.core.management import ManagementUtility


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consentadmin.settings")
    for words in json.loads(sys.argv[1]):
        ManagementUtility(["manage.py", *words]).execute()
    return 0


if __name__ == "__main__":
    sys.exit(main())
