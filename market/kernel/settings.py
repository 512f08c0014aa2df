"""The settings of the service, read once from the environment and immutable."""

import difflib
import os
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from market.kernel.rate_limits import RateClass
from payments.hosts import list_hosts

PREFIX = "MARKET_"
DEFAULT_PAY_MINUTES = 30
DEFAULT_SLOT_MINIMUM_HOURS = 24
DEFAULT_HELP_PHONE = "12316"
"""The telephone number to call unless the settings name another: the agricultural hotline."""
DEFAULT_HELP_HOURS = "早 8 点到晚 8 点"
"""When people answer that number, unless the settings say otherwise."""
MIN_DISTINCT_CHARACTERS = 12
_PLACEHOLDER = "replace"
"""In each secret that deploy/README.md shows: everybody knows those."""
LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")
"""Hosts that may be served without TLS."""


class BadSettings(Exception):
    """A setting is not valid; the text names it and the expected value."""


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of one process. The environment variable of a field is its name with a prefix: `MARKET_PORT`.

    The descriptions are the operator's documentation: docs/settings.md is generated from them.
    """

    data: Annotated[Path, Meta(description="Folder of the embedded server, photos and the demo's files.")] = Path(
        ".data"
    )
    database_url: Annotated[
        str,
        Meta(
            description="DSN of PostgreSQL 18, `postgresql://…`. Of several hosts, `…@one:5432,two:5432/name`, the one"
            " that accepts writes is used. Empty: the embedded server."
        ),
    ] = ""
    replica_url: Annotated[
        str,
        Meta(
            description="DSN of one host, a replica or an address before several: public pages of visitors without"
            " cookies read there. Empty: they read where everything else does."
        ),
    ] = ""
    replica_lag_ms: Annotated[
        int,
        Meta(
            ge=20,
            le=1000,
            description="Milliseconds by which a replica that public pages read may be behind; with one,"
            " `MARKET_KEEP_MS` is shorter by them.",
        ),
    ] = 250
    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 chooses a free one.")] = 8000
    public_url: Annotated[str, Meta(description="Public URL of the site; used in links, and for the Origin check.")] = (
        ""
    )
    secret: Annotated[
        str,
        Meta(description="At least 32 characters; encrypts personal data. Empty: generated once in the data folder."),
    ] = ""
    secret_old: Annotated[
        str,
        Meta(description="The secret until now, while `market reseal` replaces it by MARKET_SECRET."),
    ] = ""
    audit_heads: Annotated[
        str,
        Meta(
            description="File to which the worker notes the heads of the audit record every hour; best on another "
            "machine's disk. Empty: `audit-heads.jsonl` in the data folder."
        ),
    ] = ""
    pool_size: Annotated[int, Meta(ge=2, le=200, description="Database connections of one process.")] = 20
    workers: Annotated[int, Meta(ge=1, le=64, description="Processes that serve requests.")] = 1
    stripe_key: Annotated[str, Meta(description="Secret key of the payment provider.")] = ""
    stripe_base: Annotated[str, Meta(description="URL of the sandbox of payments; empty for Stripe.")] = ""
    stripe_webhook_secret: Annotated[str, Meta(description="Signing secret of the provider's webhooks.")] = ""
    sms_path: Annotated[
        str,
        Meta(description="File that text messages are written to as JSON lines, if there is no provider (`SMS_URL`)."),
    ] = ""
    sms_url: Annotated[
        str,
        Meta(
            description="URL of the SMS provider, `https://…`; the interface is in market/people/notify/http_port.py."
        ),
    ] = ""
    sms_key_id: Annotated[str, Meta(description="Key id of the SMS provider.")] = ""
    sms_key_secret: Annotated[str, Meta(description="Secret of that key; signs each request.")] = ""
    sms_templates: Annotated[
        str,
        Meta(description="The provider's id of each template, `code=SMS_1,to_ship=SMS_2,…`."),
    ] = ""
    carrier_url: Annotated[
        str,
        Meta(
            description="URL of the parcel tracking service, `https://…`; the interface is in"
            " market/sales/carriers/http_port.py. Empty: parcels are not tracked."
        ),
    ] = ""
    carrier_key_id: Annotated[str, Meta(description="Key id of the tracking service.")] = ""
    carrier_key_secret: Annotated[
        str, Meta(description="Secret of that key; signs each request, and what the service pushes.")
    ] = ""
    storage_url: Annotated[
        str,
        Meta(
            description="Storage of photos, and of files until they are imported: `file:///…` or `s3://…`."
            " Empty: the data folder."
        ),
    ] = ""
    help_phone: Annotated[str, Meta(description="Telephone number shown on every page.")] = DEFAULT_HELP_PHONE
    help_hours: Annotated[str, Meta(description="When people answer it, as pages say it.")] = DEFAULT_HELP_HOURS
    pay_minutes: Annotated[int, Meta(ge=1, le=1440, description="Minutes until an unpaid order expires.")] = (
        DEFAULT_PAY_MINUTES
    )
    receive_days: Annotated[
        int,
        Meta(
            ge=1,
            le=60,
            description="Days after delivery, or after dispatch if no carrier knows the parcel, until receipt is"
            " confirmed automatically.",
        ),
    ] = 10
    money_repair_days: Annotated[
        int, Meta(ge=1, le=7, description="Days until money that went wrong must be repaired; its page names the day.")
    ] = 3
    unmoved_days: Annotated[
        int, Meta(ge=1, le=30, description="Days without a move after which a parcel on its way waits for a person.")
    ] = 3
    tracking_days: Annotated[
        int, Meta(ge=7, le=90, description="Days after dispatch until an undelivered parcel is asked for no longer.")
    ] = 30
    slot_minimum_hours: Annotated[
        int,
        Meta(ge=1, le=240, description="Hours before its start at which a slot without its minimum is cancelled."),
    ] = DEFAULT_SLOT_MINIMUM_HOURS
    claim_hours: Annotated[
        int, Meta(ge=24, le=240, description="Hours after receipt in which a buyer may claim bad fruit.")
    ] = 48
    return_days: Annotated[
        int, Meta(ge=7, le=30, description="Days after receipt in which a buyer may return goods; 7 by law.")
    ] = 7
    return_arrival_days: Annotated[
        int,
        Meta(ge=3, le=30, description="Days after a return was sent until its arrival is confirmed automatically."),
    ] = 10
    pickup_days: Annotated[
        int, Meta(ge=2, le=30, description="Days after its arrival for which a parcel is kept at its pickup point.")
    ] = 7
    codes_a_phone: Annotated[int, Meta(ge=1, description="One-time codes per phone and day.")] = 10
    codes_a_network: Annotated[int, Meta(ge=1, description="One-time codes per network address and hour.")] = 60
    codes_a_day: Annotated[int, Meta(ge=1, description="One-time codes per day in total.")] = 20_000
    rate_pages: Annotated[
        int,
        Meta(ge=1, description="Pages per minute and process, for an account, or an address that is not signed in."),
    ] = 6000
    rate_searches: Annotated[int, Meta(ge=1, description="The same for searches, sorted lists and exports.")] = 1200
    rate_writes: Annotated[int, Meta(ge=1, description="The same for requests that change something.")] = 1200
    rate_uploads: Annotated[int, Meta(ge=1, description="The same for requests with photos or files.")] = 120
    rate_sign_ins: Annotated[
        int, Meta(ge=1, description="The same for requests for a code, and attempts at a code or a second factor.")
    ] = 120
    upload_mb: Annotated[int, Meta(ge=1, le=100, description="Largest accepted upload, in MiB.")] = 20
    keep_ms: Annotated[
        int,
        Meta(
            ge=0,
            le=1000,
            description="Milliseconds for which a process keeps a public page or public JSON for visitors without"
            " cookies; 0: it keeps none.",
        ),
    ] = 1000
    token: Annotated[str, Meta(description="Session token of the person who runs a command.")] = ""
    demo: Annotated[bool, Meta(description="Shows 样例数据 and the one-click sign-in; for the demo only.")] = False
    now: Annotated[
        datetime | None, Meta(description="Time at which the business clock starts, with zone; embedded server only.")
    ] = None

    @classmethod
    def from_env(cls, environ: dict[str, str] | None = None) -> Self:
        """Read the settings from the environment.

        Raises:
            BadSettings: a value is not valid, a name that begins with MARKET_ is unknown, or two settings contradict.
        """
        variables = dict(os.environ) if environ is None else environ
        given = {name.removeprefix(PREFIX): text for name, text in variables.items() if name.startswith(PREFIX)}
        for name in given:
            if name != name.upper() or name.lower() not in cls.__struct_fields__:
                raise BadSettings(_suggest_name(PREFIX + name))
        values = {name.lower(): text for name, text in given.items() if text}
        try:
            settings = msgspec.convert(values, cls, strict=False, dec_hook=_decode)
        except msgspec.ValidationError as error:
            raise BadSettings(_explain_fault(str(error))) from error
        _check_consistency(settings)
        return settings

    def require_service_settings(self) -> None:
        """Require the settings without which a service or worker on a database of its own would start and then fail.

        Raises:
            BadSettings: MARKET_DATABASE_URL is set, and an address, the secret, a provider's key or where codes to sign
                in are sent is missing.
        """
        if not self.database_url:
            return
        if urlsplit(self.public_url).scheme != "https" and urlsplit(self.public_url).hostname not in LOCAL_HOSTS:
            raise BadSettings("MARKET_PUBLIC_URL is needed with MARKET_DATABASE_URL and begins with https://.")
        if not self.sms_url and not self.sms_path:
            raise BadSettings(
                "MARKET_SMS_URL is needed with MARKET_DATABASE_URL: nobody can sign in without a code by text message."
                " MARKET_SMS_PATH writes them to a file instead, for a trial."
            )
        names = ["secret", "stripe_key", "stripe_webhook_secret"]
        names += ["sms_key_id", "sms_key_secret", "sms_templates"] if self.sms_url else []
        names += ["carrier_key_id", "carrier_key_secret"] if self.carrier_url else []
        for name in names:
            if not getattr(self, name):
                raise BadSettings(f"{PREFIX}{name.upper()} is needed with MARKET_DATABASE_URL.")

    def require_provider_key(self) -> None:
        """Require the key of the payment provider.

        Raises:
            BadSettings: it is missing.
        """
        if not self.stripe_key:
            raise BadSettings(f"{PREFIX}STRIPE_KEY is needed to call the payment provider.")

    def get_sms_template_ids(self) -> dict[str, str]:
        """Return the provider's template ids by the names of the templates in market/people/notify/templates.py.

        Raises:
            BadSettings: MARKET_SMS_TEMPLATES is not a list of `name=id`.
        """
        pairs = [entry.strip().partition("=") for entry in self.sms_templates.split(",") if entry.strip()]
        if any(not name or not number for name, _, number in pairs):
            raise BadSettings("MARKET_SMS_TEMPLATES is a list of name=id, such as code=SMS_1,to_ship=SMS_2.")
        return {name: number for name, _, number in pairs}

    def get_rate_limits(self) -> dict[RateClass, int]:
        """Return the requests per minute of each class that is limited."""
        return {
            RateClass.PAGE: self.rate_pages,
            RateClass.SEARCH: self.rate_searches,
            RateClass.WRITE: self.rate_writes,
            RateClass.UPLOAD: self.rate_uploads,
            RateClass.SIGN_IN: self.rate_sign_ins,
        }

    def get_keep_seconds(self) -> float:
        """Return how long public responses are kept: with the lag of a replica, as long as `keep_ms` in all."""
        lag_ms = self.replica_lag_ms if self.replica_url else 0
        return max(0, self.keep_ms - lag_ms) / 1000

    def get_audit_heads_path(self) -> Path:
        """Return the file to which the heads of the audit record are noted."""
        return Path(self.audit_heads) if self.audit_heads else self.data / "audit-heads.jsonl"

    def get_or_create_secret(self) -> str:
        """Return the configured secret, or one that is generated once in the data folder.

        Raises:
            BadSettings: MARKET_DATABASE_URL is set without MARKET_SECRET.
        """
        if self.secret:
            return self.secret
        if self.database_url:
            raise BadSettings("MARKET_SECRET is needed with MARKET_DATABASE_URL: at least 32 random characters.")
        path = self.data / "secret"
        if not path.exists():
            self.data.mkdir(parents=True, exist_ok=True)
            staging = path.with_suffix(f".{os.getpid()}")
            staging.touch(mode=0o600)
            staging.write_text(secrets.token_urlsafe(48))
            with suppress(FileExistsError):
                os.link(staging, path)
            staging.unlink()
        return path.read_text().strip()


def _check_consistency(settings: Settings) -> None:
    _check_addresses(settings)
    _check_replica(settings)
    if settings.now is not None and settings.now.tzinfo is None:
        raise BadSettings("MARKET_NOW needs a zone, such as 2019-02-04T09:00:00+08:00.")
    if settings.now is not None and settings.database_url:
        raise BadSettings("MARKET_NOW works on the embedded server only; unset MARKET_DATABASE_URL or MARKET_NOW.")
    if settings.demo and settings.database_url:
        raise BadSettings("MARKET_DEMO works on the embedded server only: anyone can sign in as anyone in a demo.")
    if settings.public_url and not urlsplit(settings.public_url).hostname:
        raise BadSettings("MARKET_PUBLIC_URL names no host; it is like https://market.example.org.")
    for name in ("sms_url", "carrier_url", "stripe_base"):
        url = str(getattr(settings, name))
        local = urlsplit(url).scheme == "http" and urlsplit(url).hostname in LOCAL_HOSTS
        if url and urlsplit(url).scheme != "https" and not local:
            raise BadSettings(f"{PREFIX}{name.upper()} begins with https://: keys, phones and codes go there.")
    for name in ("secret", "stripe_key", "stripe_webhook_secret", "sms_key_secret"):
        if _PLACEHOLDER in getattr(settings, name):
            raise BadSettings(f"{PREFIX}{name.upper()} is the example of deploy/README.md; set your own.")
    if settings.secret and (len(settings.secret) < 32 or len(set(settings.secret)) < MIN_DISTINCT_CHARACTERS):
        raise BadSettings("MARKET_SECRET needs at least 32 random characters, such as `openssl rand -base64 48`.")
    if settings.public_url and urlsplit(settings.public_url).scheme not in {"http", "https"}:
        raise BadSettings("MARKET_PUBLIC_URL begins with https://, such as https://market.example.org.")


def _check_addresses(settings: Settings) -> None:
    for name in ("database_url", "replica_url", "public_url", "sms_url", "carrier_url", "stripe_base", "storage_url"):
        url = str(getattr(settings, name))
        try:
            list_hosts(url)
        except ValueError:  # its text may have a part of the password
            raise BadSettings(
                f"{PREFIX}{name.upper()} is not an address: a port is a number up to 65535, and what is neither letter"
                " nor digit in a password is written like %2F."
            ) from None
    for name in ("database_url", "replica_url"):
        url = str(getattr(settings, name))
        if url and urlsplit(url).scheme not in {"postgresql", "postgres"}:
            raise BadSettings(f"{PREFIX}{name.upper()} begins with postgresql://.")
    if settings.storage_url and urlsplit(settings.storage_url).scheme not in {"file", "s3"}:
        raise BadSettings("MARKET_STORAGE_URL begins with file:/// or s3://.")


def _check_replica(settings: Settings) -> None:
    if settings.replica_url and not settings.database_url:
        raise BadSettings("MARKET_REPLICA_URL needs MARKET_DATABASE_URL: the embedded server has no replica.")
    if "," in urlsplit(settings.replica_url).netloc.rpartition("@")[2]:
        raise BadSettings("MARKET_REPLICA_URL names one host: a replica, or an address before several.")


def describe_settings() -> dict[str, tuple[str, str]]:
    """Return the description and the default of each environment variable, for the documentation."""
    hints = get_type_hints(Settings, include_extras=True)
    described: dict[str, tuple[str, str]] = {}
    for field in msgspec.structs.fields(Settings):
        hint = hints[field.name]
        meta = get_args(hint)[1] if get_origin(hint) is Annotated else None
        default = "" if field.default in (None, "") else str(field.default)
        described[PREFIX + field.name.upper()] = (meta.description or "" if isinstance(meta, Meta) else "", default)
    return described


def _decode(kind: type, value: object) -> object:
    """Convert text to a path, the only field type that msgspec does not support."""
    return kind(value)


def _suggest_name(name: str) -> str:
    """Describe an unknown variable, with the known name that is most like it."""
    similar = difflib.get_close_matches(name.removeprefix(PREFIX).lower(), Settings.__struct_fields__, n=1)
    hint = f"did you mean {PREFIX}{similar[0].upper()}?" if similar else "see docs/settings.md."
    return f"{name} is not a setting; {hint}"


def _explain_fault(message: str) -> str:
    """Rewrite a msgspec error for the operator: the path at its end names the setting."""
    text, _, path = message.partition(" - at `$.")
    return f"{PREFIX}{path.rstrip('`').upper()}: {text}." if path else message
