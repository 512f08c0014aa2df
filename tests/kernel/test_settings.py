"""Settings are read from the environment, are refused by name, and are all documented."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs

from deploy.settings_docs import ROOT, make_example, make_settings_page
from market.kernel.settings import BadSettings, Settings, describe_settings


def test_the_defaults_need_no_environment() -> None:
    settings = Settings.from_env({})
    assert (settings.port, settings.database_url, settings.demo) == (8000, "", False)


def test_values_are_converted_to_their_types() -> None:
    settings = Settings.from_env(
        {
            "MARKET_PORT": "9001",
            "MARKET_DEMO": "true",
            "MARKET_DATA": "/srv/x",
            "MARKET_NOW": "2019-02-04T09:00:00+08:00",
        }
    )
    assert (settings.port, settings.demo, settings.data) == (9001, True, Path("/srv/x"))
    assert settings.now == datetime(2019, 2, 4, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"MARKET_PORT": "70000"}, "MARKET_PORT"),
        ({"MARKET_PORT": "eighty"}, "MARKET_PORT"),
        ({"MARKET_NOW": "2019-02-04T09:00:00"}, "MARKET_NOW needs a zone"),
        ({"MARKET_NOW": "2019-02-04T09:00:00Z", "MARKET_DATABASE_URL": "postgresql://x/y"}, "embedded server only"),
        ({"MARKET_SECRET": "short"}, "MARKET_SECRET needs at least 32"),
        ({"MARKET_SECRET": "a" * 40}, "MARKET_SECRET needs at least 32"),
        ({"MARKET_PUBLIC_URL": "ftp://market.example.org"}, "MARKET_PUBLIC_URL begins with https://"),
        ({"MARKET_PUBLIC_URL": "https://"}, "MARKET_PUBLIC_URL names no host"),
        ({"MARKET_SMS_URL": "http://sms.example.org"}, "MARKET_SMS_URL begins with https://"),
        ({"MARKET_CARRIER_URL": "ftp://127.0.0.1"}, "MARKET_CARRIER_URL begins with https://"),
        ({"MARKET_STRIPE_BASE": "http://127.0.0.1.example.org"}, "MARKET_STRIPE_BASE begins with https://"),
        ({"MARKET_SECRET": "replace-by-the-output-of-openssl-rand-base64-48"}, "MARKET_SECRET is the example"),
        ({"MARKET_STRIPE_KEY": "sk_live_replace_me"}, "MARKET_STRIPE_KEY is the example"),
        ({"MARKET_STRIPE_WEBHOOK_SECRET": "whsec_replace_me"}, "MARKET_STRIPE_WEBHOOK_SECRET is the example"),
        ({"MARKET_DEMO": "1", "MARKET_DATABASE_URL": "postgresql://x/y"}, "MARKET_DEMO works on the embedded server"),
        ({"MARKET_REPLICA_URL": "postgresql://x/y"}, "MARKET_REPLICA_URL needs MARKET_DATABASE_URL"),
        (
            {"MARKET_REPLICA_URL": "postgresql://x,y/z", "MARKET_DATABASE_URL": "postgresql://x/z"},
            "MARKET_REPLICA_URL names one host",
        ),
        (
            {"MARKET_DATABASE_URL": "postgresql://x:70000/y"},
            "MARKET_DATABASE_URL is not an address: a port is a number up to",
        ),
        ({"MARKET_DATABASE_URL": "postgresql://x,z:five/y"}, "MARKET_DATABASE_URL is not an address"),
        ({"MARKET_DATABASE_URL": "postgresql://[::1/y"}, "MARKET_DATABASE_URL is not an address"),
        ({"MARKET_DATABASE_URL": "db.example.org/y"}, "MARKET_DATABASE_URL begins with postgresql://"),
        (
            {"MARKET_DATABASE_URL": "postgresql://x/y", "MARKET_REPLICA_URL": "postgresql://x:-1/y"},
            "MARKET_REPLICA_URL is not an address",
        ),
        ({"MARKET_PUBLIC_URL": "https://x:70000"}, "MARKET_PUBLIC_URL is not an address: a port is a number up to"),
        ({"MARKET_SMS_URL": "https://[sms/"}, "MARKET_SMS_URL is not an address"),
        ({"MARKET_CARRIER_URL": "https://x:99999999"}, "MARKET_CARRIER_URL is not an address"),
        ({"MARKET_STRIPE_BASE": "https://x:y"}, "MARKET_STRIPE_BASE is not an address"),
        ({"MARKET_STORAGE_URL": "s3://x:y"}, "MARKET_STORAGE_URL is not an address"),
        ({"MARKET_STORAGE_URL": "ftp://x/y"}, "MARKET_STORAGE_URL begins with file:/// or s3://"),
        ({"MARKET_PUBLIC_UR": "https://x"}, "MARKET_PUBLIC_UR is not a setting; did you mean MARKET_PUBLIC_URL?"),
        ({"MARKET_port": "8000"}, "MARKET_port is not a setting; did you mean MARKET_PORT?"),
        ({"MARKET_XYZZY": ""}, "MARKET_XYZZY is not a setting; see docs/settings.md"),
    ],
)
def test_an_invalid_value_is_refused_by_name(given: dict[str, str], named: str) -> None:
    with pytest.raises(BadSettings, match=named):
        Settings.from_env(given)


def test_a_page_from_a_replica_is_kept_shorter_by_its_lag() -> None:
    assert Settings(keep_ms=1000).get_keep_seconds() == 1.0
    assert Settings(keep_ms=1000, replica_url="postgresql://x/y", replica_lag_ms=250).get_keep_seconds() == 0.75
    assert Settings(keep_ms=100, replica_url="postgresql://x/y", replica_lag_ms=250).get_keep_seconds() == 0


def test_the_secret_is_generated_once_and_only_its_owner_can_read_it(folder: Path) -> None:
    settings = Settings(data=folder / "data")
    secret = settings.get_or_create_secret()
    assert len(secret) >= 32
    assert settings.get_or_create_secret() == secret
    assert (folder / "data/secret").stat().st_mode & 0o077 == 0


def test_an_external_database_requires_a_secret() -> None:
    with pytest.raises(BadSettings, match="MARKET_SECRET is needed"):
        Settings(database_url="postgresql://x/y").get_or_create_secret()


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"public_url": ""}, "MARKET_PUBLIC_URL is needed"),
        ({"public_url": "http://market.example.org"}, "begins with https://"),
        ({"secret": ""}, "MARKET_SECRET is needed"),
        ({"stripe_key": ""}, "MARKET_STRIPE_KEY is needed"),
        ({"stripe_webhook_secret": ""}, "MARKET_STRIPE_WEBHOOK_SECRET is needed"),
        ({"sms_path": ""}, "MARKET_SMS_URL is needed with MARKET_DATABASE_URL: nobody can sign in"),
        ({"sms_url": "https://sms.example.org"}, "MARKET_SMS_KEY_ID is needed"),
        ({"sms_url": "https://sms.example.org", "sms_key_id": "x", "sms_key_secret": "x"}, "MARKET_SMS_TEMPLATES is"),
    ],
)
def test_a_service_with_a_database_of_its_own_names_what_it_lacks(changed: dict[str, str], named: str) -> None:
    complete = Settings(
        database_url="postgresql://x/y",
        public_url="https://market.example.org",
        secret="a secret of some thirty-two characters",
        stripe_key="sk_live_x",
        stripe_webhook_secret="whsec_x",
        sms_path="sms.jsonl",
    )
    complete.require_service_settings()
    structs.replace(complete, public_url="http://127.0.0.1:8000").require_service_settings()
    Settings().require_service_settings()
    with pytest.raises(BadSettings, match=named):
        structs.replace(complete, **changed).require_service_settings()


def test_every_setting_is_described() -> None:
    assert [name for name, (text, _) in describe_settings().items() if not text] == []


def test_the_page_and_the_example_are_generated_from_the_settings() -> None:
    assert (ROOT / "docs/settings.md").read_text(encoding="utf-8") == make_settings_page()
    assert (ROOT / "deploy/xiangji.env.example").read_text(encoding="utf-8") == make_example()
