"""The paths of the API below its base URL (PLATFORM.md §2). Each value is percent-encoded."""

from __future__ import annotations

from consentadmin.mediarithmics.selectors import AccountSelector, Selector, encode


def one(kind: str, key: str) -> str:
    """``/kinds/:id``"""
    return f"/{kind}/{_segment(key)}"


def under(path: str, kind: str) -> str:
    """``…/kinds``"""
    return f"{path}/{kind}"


def query(kind: str, **fields: str) -> str:
    """``/kinds?name=value``"""
    return f"/{kind}?" + "&".join(f"{name}={encode(value)}" for name, value in fields.items())


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


def _segment(key: str) -> str:
    """A bare ``.`` or ``..`` would be taken for a step in the path, by proxies at the latest."""
    if key in {"", ".", ".."}:
        raise ValueError("not an id")
    return encode(key)
