"""The registrar's desk: a file per subject."""

from feedback.admin import entries

__all__ = ["entries"]
