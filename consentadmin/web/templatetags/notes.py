"""Template filter: whether a note seems to name somebody.

Built in to every template (settings.TEMPLATES), so no template loads it.
"""

from django import template

from consentadmin.web.forms.notes import names_somebody

register = template.Library()

register.filter("names_somebody", names_somebody)
