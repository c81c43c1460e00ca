"""PLATFORM §8: datamarts, organisations, compartments, channels."""

from zoneinfo import ZoneInfo

import pytest

from tests.contract.target import Target


@pytest.mark.fact("§8 datamart")
def test_a_datamart_has_its_shape(target: Target) -> None:
    found = target.get(f"datamarts/{target.datamart}").data
    assert found["id"] == target.datamart
    assert all(isinstance(found[name], str) for name in ("name", "organisation_id", "token"))
    assert ZoneInfo(found["time_zone"])


@pytest.mark.fact("§8 organisation")
def test_an_organisation_leads_to_its_community(target: Target, community: str) -> None:
    datamart = target.get(f"datamarts/{target.datamart}").data
    found = target.get(f"organisations/{datamart['organisation_id']}").data
    assert (found["id"], found["community_id"]) == (datamart["organisation_id"], community)
    assert isinstance(found["name"], str)


@pytest.mark.fact("§8 datamarts")
def test_the_datamarts_of_an_organisation_are_listed(target: Target) -> None:
    datamart = target.get(f"datamarts/{target.datamart}").data
    listed = target.all(f"datamarts?organisation_id={datamart['organisation_id']}")
    assert datamart in listed


@pytest.mark.fact("§8 compartments")
def test_compartments_have_their_shape(target: Target) -> None:
    rows = target.all(target.in_datamart("compartments"))
    names = ("id", "compartment_id", "token", "name")
    assert all(isinstance(row[name], str) for row in rows for name in names)
    assert [row["default"] for row in rows].count(True) == 1
    assert all(row["token"] for row in rows), "a name may be empty, the token stands in for it"


@pytest.mark.fact("§8 channels")
def test_channels_have_their_shape(target: Target) -> None:
    datamart = target.get(f"datamarts/{target.datamart}").data
    rows = target.all(f"channels?organisation_id={datamart['organisation_id']}")
    assert {row["type"] for row in rows} <= {"SITE", "MOBILE_APPLICATION"}
    assert all(row["domain"] for row in rows if row["type"] == "SITE")
