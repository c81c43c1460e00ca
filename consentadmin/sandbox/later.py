"""Puts together what is received now and done later: activities and document imports."""

from consentadmin.sandbox.access import Access
from consentadmin.sandbox.activities import Activities
from consentadmin.sandbox.background import Background
from consentadmin.sandbox.choices import Choices
from consentadmin.sandbox.commands import Commands
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.effects import Effects
from consentadmin.sandbox.executions import Executions
from consentadmin.sandbox.imports import Imports
from consentadmin.sandbox.persons import Persons
from consentadmin.sandbox.pipeline import Pipeline, Plant
from consentadmin.sandbox.profiles import Profiles
from consentadmin.sandbox.routing import Routes
from consentadmin.sandbox.store import Store


def add_later_work(
    routes: Routes, store: Store, access: Access, decisions: Decisions, plant: Plant
) -> Background:
    """Register the calls that leave work for later, and return who is to do it."""
    background = Background()
    persons = Persons(store, access, decisions)
    choices = Choices(store, access, decisions)
    profiles = Profiles(store, access, decisions)

    effects = Effects(access, choices, profiles, decisions)
    pipeline = Pipeline(store, effects, decisions, plant)
    background.add(pipeline)
    activities = Activities(store, access, decisions, effects, pipeline, background.wake)
    activities.add_to(routes)

    commands = Commands(store, access, persons, choices, profiles, decisions)
    executions = Executions(store, commands, decisions, plant.commands_a_second)
    background.add(executions)
    Imports(store, access, decisions, executions, background.wake).add_to(routes)
    return background
