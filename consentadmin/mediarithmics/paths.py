"""The paths of the API below its base URL (PLATFORM.md §2). Each value is percent-encoded."""

from __future__ import annotations

from collections.abc import Mapping

from consentadmin.mediarithmics.errors import InvalidSelector
from consentadmin.mediarithmics.selectors import (
    AccountSelector,
    PointSelector,
    Selector,
    encode,
)


def one(kind: str, key: str) -> str:
    """``/kinds/:id``"""
    return f"/{kind}/{_segment(key)}"


def under(path: str, kind: str) -> str:
    """``…/kinds``"""
    return f"{path}/{kind}"


def query(kind: str, **fields: str) -> str:
    """``/kinds?name=value``"""
    return asking(f"/{kind}", fields)


def asking(path: str, fields: Mapping[str, str]) -> str:
    """``…?name=value``; the path alone if there is nothing to ask for."""
    pairs = "&".join(f"{name}={encode(value)}" for name, value in fields.items())
    return f"{path}?{pairs}" if pairs else path


def point(datamart: str, selector: Selector) -> str:
    """``/datamarts/:d/user_points/SELECTOR``"""
    return f"{one('datamarts', datamart)}/user_points/{selector.path()}"


def person(datamart: str, selector: Selector, document: str) -> str:
    """``/datamarts/:d/user_points/SELECTOR/DOCUMENT_TYPE``"""
    return under(point(datamart, selector), document)


def choice_path(datamart: str, selector: Selector, processing: str) -> str:
    """The choice for one processing."""
    return f"{person(datamart, selector, 'user_choices')}/processing_id={encode(processing)}"


def profile_path(datamart: str, selector: Selector, compartment: str, account: str | None) -> str:
    """One profile. In a document selector a slash joins the pair, not a comma."""
    path = f"{person(datamart, selector, 'user_profiles')}/compartment_id={encode(compartment)}"
    return path if account is None else f"{path}/user_account_id={encode(account)}"


def account_profile_path(datamart: str, selector: Selector, compartment: str, account: str) -> str:
    """The profile of an account, to be written: without one, a write would hit another profile."""
    AccountSelector(compartment, account)  # raises for what names no account
    return profile_path(datamart, selector, compartment, account)


def timeline_path(datamart: str, person: PointSelector) -> str:
    """``/datamarts/:d/user_timelines/:user_point_id/user_activities``: no selector, the bare id."""
    if person.point in {".", ".."}:
        raise InvalidSelector("This is no user point id.")
    return f"{one('datamarts', datamart)}/user_timelines/{encode(person.point)}/user_activities"


def import_path(datamart: str, key: str) -> str:
    """``/datamarts/:d/document_imports/:id``"""
    return f"{one('datamarts', datamart)}/document_imports/{_segment(key)}"


def executions_path(datamart: str, import_key: str) -> str:
    """``…/document_imports/:id/executions``"""
    return under(import_path(datamart, import_key), "executions")


def execution_path(datamart: str, import_key: str, key: str) -> str:
    """``…/document_imports/:id/executions/:id``"""
    return f"{executions_path(datamart, import_key)}/{_segment(key)}"


def _segment(key: str) -> str:
    """A bare ``.`` or ``..`` would be taken for a step in the path, by proxies at the latest."""
    if key in {"", ".", ".."}:
        raise ValueError("not an id")
    return encode(key)
