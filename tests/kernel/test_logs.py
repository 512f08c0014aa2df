"""Logs are JSON lines with phone and identity numbers masked."""

import json
import logging
from collections.abc import Generator

import pytest
import structlog

from market.service.logs import configure_logs, mask_numbers


@pytest.fixture(autouse=True)
def restored_logging() -> Generator[None]:
    """Restore the logging configuration, so that later tests do not write to this test's captured streams."""
    handlers, level = logging.root.handlers, logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers = handlers
    logging.root.setLevel(level)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to 17000000301.", "to 170****0301."),
        ("身份证130624197808089912，", "身份证130624********9912，"),
        ("13062419901010991X", "130624********991X"),
        ("order 201909200001234567890", "order 201909200001234567890"),
        ("1234567890123", "1234567890123"),
    ],
)
def test_phone_and_identity_numbers_are_masked_and_other_numbers_are_kept(text: str, shown: str) -> None:
    assert mask_numbers(text) == shown


def test_our_logs_and_those_of_libraries_are_masked_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    structlog.get_logger().warning("sent", phone="17000000301", nested="130624197808089912")
    logging.getLogger("some.package").error("failed for %s", "17000000302")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["sent", "failed for 170****0302"]
    assert (lines[0]["phone"], lines[0]["nested"]) == ("170****0301", "130624********9912")
