"""A body is JSON in the strict sense, or it is Garbled."""

import pytest

from consentadmin.mediarithmics.answers import DEEPEST, check_written, parse
from consentadmin.mediarithmics.errors import Garbled


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{} {}",
        b"<html>",
        b"{'a': 1}",
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b'{"a":1,"a":1}',
        b'[{"a":{"b":1,"c":2,"b":3}}]',
        b'"\xff"',
        '"é"'.encode("utf-16"),
        b'"\\ud800"',
        b"[" * 100_000,
        b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
        b"1" * 5000,
    ],
)
def test_what_is_not_strict_json_is_garbled(body: bytes) -> None:
    with pytest.raises(Garbled) as caught:
        parse(body)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"\xef\xbb\xbf[1]", [1]),
        (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b"[[1],[2],[3]]", [[1], [2], [3]]),
    ],
)
def test_what_is_unusual_yet_json_is_taken(body: bytes, value: object) -> None:
    assert parse(body) == value


def test_a_wide_list_is_not_a_deep_one() -> None:
    assert parse(b"[" + b"[]," * 5000 + b"[]]") == [[]] * 5001


@pytest.mark.parametrize(
    "body", [b"", b" \r\n", b'{"status":"ok"}', b'{"status":"ok","data":{}}', b"true", b"[]"]
)
def test_the_answer_to_a_write_may_be_anything_well(body: bytes) -> None:
    check_written(body, status=200)


@pytest.mark.parametrize("body", [b"<html>", b'{"status":"o', b'{"status":"error"}'])
def test_the_answer_to_a_write_may_not_be_garbled(body: bytes) -> None:
    with pytest.raises(Garbled):
        check_written(body, status=200)
