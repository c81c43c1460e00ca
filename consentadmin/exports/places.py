"""Where exports are written: one folder each under CONSENTADMIN_FILES, and the archive beside it.

Web and worker must see the same folder. Names are the export's random id: nothing personal.
"""

import shutil
from pathlib import Path

from django.conf import settings

from consentadmin.exports.models import Export


def folder(export: Export) -> Path:
    """Return the folder in which the bundle is written."""
    return _root() / export.pk


def archive(export: Export) -> Path:
    """Return the bundle's ZIP."""
    return _root() / f"{export.pk}.zip"


def discard(export: Export) -> None:
    """Drop whatever was written."""
    shutil.rmtree(folder(export), ignore_errors=True)
    archive(export).unlink(missing_ok=True)


def _root() -> Path:
    root = Path(settings.FILES) / "exports"
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return root
