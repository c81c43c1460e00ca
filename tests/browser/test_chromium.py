"""What happens where there is no browser."""

import pytest

from tests.browser.chromium import find_chromium


def test_a_missing_chromium_fails_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    line = "apt-get install -y --no-install-recommends chromium"
    with pytest.raises(pytest.fail.Exception, match=line):
        find_chromium()
