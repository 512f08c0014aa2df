"""Every setting of the service: read once from the environment, never changed afterwards."""

import os
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

PREFIX = "MARKET_"


class BadSettings(Exception):  # noqa: N818 - told to the operator as it is
    """A setting cannot be read; the text names it and says what would be right."""


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of one process. The environment variable of `port` is `MARKET_PORT`, and so on.

    Descriptions are the operator's documentation: docs/settings.md is compared with them by a test.
    """

    data: Annotated[Path, Meta(description="Folder of the embedded server, photos and the demo's files.")] = Path(
        ".data"
    )
    database_url: Annotated[
        str, Meta(description="PostgreSQL 18 to use, `postgresql://…`. Empty: the embedded one.")
    ] = ""
    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8000
    public_url: Annotated[
        str, Meta(description="Address that people see; used in links, and for the Origin check.")
    ] = ""
    secret: Annotated[
        str,
        Meta(
            description="At least 32 characters; personal data is sealed under it. Empty: made once in the data folder."
        ),
    ] = ""
    pool_size: Annotated[int, Meta(ge=2, le=200, description="Database connections of one process.")] = 20
    workers: Annotated[int, Meta(ge=1, le=64, description="Processes that answer requests.")] = 1
    stripe_key: Annotated[str, Meta(description="Secret key of the payment provider.")] = ""
    stripe_base: Annotated[str, Meta(description="Address of the provider; empty for Stripe's own.")] = ""
    stripe_webhook_secret: Annotated[str, Meta(description="Signing secret of the provider's messages.")] = ""
    sms_path: Annotated[
        str, Meta(description="File that messages are written to, a JSON line each; empty: none is sent.")
    ] = ""
    storage_url: Annotated[
        str, Meta(description="Where photos go: `file:///…` or `s3://…`. Empty: the data folder.")
    ] = ""
    help_phone: Annotated[str, Meta(description="Telephone number on every page.")] = "12316"
    pay_minutes: Annotated[int, Meta(ge=1, le=1440, description="How long an unpaid order keeps its goods.")] = 30
    receive_days: Annotated[
        int, Meta(ge=1, le=60, description="Days after dispatch when receipt is taken as confirmed.")
    ] = 10
    codes_a_phone: Annotated[int, Meta(ge=1, description="One-time codes a phone may get in a day.")] = 10
    codes_a_network: Annotated[
        int, Meta(ge=1, description="One-time codes one network address may ask for in an hour.")
    ] = 60
    codes_a_day: Annotated[int, Meta(ge=1, description="One-time codes sent in a day, all together.")] = 20_000
    upload_mb: Annotated[int, Meta(ge=1, le=100, description="Largest file that is taken, in MiB.")] = 20
    token: Annotated[str, Meta(description="Sign-in token of the person who runs a command.")] = ""
    demo: Annotated[bool, Meta(description="Shows 样例数据 and the one-click sign-in; only for the demo.")] = False
    now: Annotated[
        datetime | None, Meta(description="Business clock to start from, with zone; on the embedded server only.")
    ] = None

    @classmethod
    def from_env(cls, environ: dict[str, str] | None = None) -> Self:
        """Read the settings from the environment.

        Raises:
            BadSettings: a value cannot be read, or an unknown `MARKET_…` name is set.
        """
        given = dict(os.environ) if environ is None else environ
        found: dict[str, object] = {}
        for name in cls.__struct_fields__:
            text = given.get(PREFIX + name.upper())
            if text is not None and text != "":
                found[name] = text
        try:
            settings = msgspec.convert(found, cls, strict=False, dec_hook=_decode)
        except msgspec.ValidationError as error:
            raise BadSettings(_explain(str(error))) from error
        if settings.now is not None and settings.now.tzinfo is None:
            raise BadSettings("MARKET_NOW needs a zone, such as 2019-02-04T09:00:00+08:00.")
        if settings.now is not None and settings.database_url:
            raise BadSettings("MARKET_NOW works on the embedded server only; unset MARKET_DATABASE_URL or MARKET_NOW.")
        if settings.secret and len(settings.secret) < 32:  # noqa: PLR2004 - described above
            raise BadSettings("MARKET_SECRET needs at least 32 characters.")
        return settings

    def secret_or_made(self) -> str:
        """Return the secret, made once in the data folder where none is set.

        Raises:
            BadSettings: a database of one's own is used without a secret of one's own.
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


def descriptions() -> dict[str, tuple[str, str]]:
    """Return for each environment variable its description and its default, for the documentation."""
    hints = get_type_hints(Settings, include_extras=True)
    found: dict[str, tuple[str, str]] = {}
    for field in msgspec.structs.fields(Settings):
        hint = hints[field.name]
        meta = get_args(hint)[1] if get_origin(hint) is Annotated else None
        default = "" if field.default in (None, "") else str(field.default)
        found[PREFIX + field.name.upper()] = (meta.description or "" if isinstance(meta, Meta) else "", default)
    return found


def _decode(kind: type, value: object) -> object:
    """Make a path of a text: the one type here that msgspec does not know."""
    return kind(value)


def _explain(message: str) -> str:
    """Turn msgspec's words into the operator's: the path at their end names the setting."""
    text, _, path = message.partition(" - at `$.")
    return f"{PREFIX}{path.rstrip('`').upper()}: {text}." if path else message
