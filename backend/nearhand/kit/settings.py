"""Every setting of the service, its default and its meaning; nothing else reads the environment."""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from nearhand.kit.address import Listening
from nearhand.kit.peer import networks

MIB = 1024 * 1024
PREFIX = "NEARHAND_"


class FromFiles(PydanticBaseSettingsSource):
    """What `NEARHAND_<NAME>_FILE` names: a secret in a file is in no list of processes, and in no log of a start."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        return (Path(path).read_text(encoding="utf-8").strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {}
        for name, field in Settings.model_fields.items():
            value, _, _ = self.get_field_value(field, name)
            if value is not None:  # a list is JSON, in a file as in a variable
                found[name] = self.prepare_field_value(name, field, value, self.field_is_complex(field))
        return found


class Settings(BaseSettings):
    """Read once in `app.py` from variables with the prefix NEARHAND_, then handed on as plain values."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, FromFiles(settings_cls)

    data_dir: Path = Field(Path("var"), description="Folder for the database, the live log and all files.")
    database_url: str | None = Field(
        None,
        description="SQLAlchemy URL of the registry database. Unset: SQLite in data_dir. "
        "PostgreSQL: postgresql+asyncpg://user@host/name.",
    )
    base_url: str = Field(
        "http://127.0.0.1:8000",
        description="Address printed on labels and in links, without a trailing slash. Unset: the one that `nearhand serve` "
        "or `nearhand demo` listens on; where that is every address, this machine's on its network.",
    )
    is_demo: bool = Field(
        False, description="Shows demo accounts on the sign-in page and serves the simulated hall."
    )
    cookie_secure: bool = Field(
        False, description="Send the sign-in cookie over HTTPS only. Set it whenever TLS is on."
    )
    hsts_days: int = Field(
        365,
        ge=0,
        description="Days for which browsers that came over HTTPS may not come without it again. 0: do not say so.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses and networks, divided by commas, of proxies whose X-Forwarded-For and "
        "X-Forwarded-Proto are believed: 10.0.0.5, 10.1.0.0/16. Unset: nobody's.",
    )
    connections: int = Field(
        10_000, gt=0, description="Connections open at once; fewer where the system allows fewer open files."
    )
    connections_per_address: int = Field(
        1000,
        gt=0,
        description="Connections, and live lines, open at once from one address (IPv6: one /64 network); what has said nothing "
        "yet gives way first.",
    )
    lines_per_account: int = Field(
        300, gt=0, description="Live lines (WebSockets) one account has open at once."
    )
    head_timeout_s: float = Field(
        10.0, gt=0, description="Seconds within which the head of a request must be there."
    )
    answer_stall_s: float = Field(
        60.0,
        gt=0,
        description="Seconds after which a connection ends whose other side does not read its answer.",
    )
    requests_per_minute_and_address: int = Field(
        30_000, gt=0, description="Requests a minute from one address (IPv6: one /64 network) before 429."
    )
    requests_per_minute_and_account: int = Field(
        12_000, gt=0, description="Requests a minute of one account or guest before 429."
    )
    uploads_per_hour_and_account: int = Field(
        2000, gt=0, description="Files that one account or guest may send in an hour before 429."
    )
    session_hours: int = Field(12, gt=0, description="How long a sign-in lasts at most, in hours.")
    sign_in_idle_minutes: int = Field(
        240,
        gt=0,
        description="Minutes without a request after which a sign-in ends; enrolled devices lock instead.",
    )
    device_days: int = Field(
        180, gt=0, description="How long an enrolled field device stays signed in, in days."
    )
    device_idle_minutes: int = Field(
        15, gt=0, description="Minutes without a request after which an enrolled device asks for its PIN."
    )
    password_tries_per_minute: int = Field(30, description="Sign-in tries per address and minute before 429.")
    upload_bytes_per_day_and_account: int = Field(
        20 * 1024 * MIB,
        gt=0,
        description="Bytes of files that one account may send in a day (UTC) before 429.",
    )
    upload_bytes_per_day_and_link: int = Field(
        2 * 1024 * MIB,
        gt=0,
        description="Bytes of files that all guests of one customer link together may send in a day (UTC) before 429.",
    )
    upload_bytes_per_session: int = Field(
        20 * 1024 * MIB, gt=0, description="Bytes of pictures that one session takes in all before 413."
    )
    second_factor_roles: tuple[str, ...] = Field(
        (),
        description='Roles that take a second factor, as JSON: ["admin"]. Whoever has none may only add one.',
    )
    token_max_days: int = Field(366, gt=0, description="Longest life of an API token, in days.")
    invitation_hours: int = Field(
        72, gt=0, description="How long an invitation is open unless it says, in hours."
    )
    access_key_file: Path | None = Field(
        None,
        description="File of 32 random bytes that sign tickets and seal second factors. Unset: keys/access.key in data_dir, "
        "made on the first start.",
    )
    smtp_host: str = Field(
        "", description="Mail server for password resets. Unset: administrators hand out reset links."
    )
    smtp_port: int = Field(587, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How mail is protected on its way: starttls, tls from the start, or none."
    )
    smtp_user: str = Field("", description="Name to sign in to the mail server with. Unset: without.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password for it.")
    smtp_from: str = Field("nearhand@localhost", description="Sender of mail.")
    blob_key_file: Path | None = Field(
        None,
        description="File of keys that seals pictures and documents in data_dir, made by `nearhand rotate-blob-key`. "
        "Unset: they lie there as they are.",
    )
    oidc_issuer: str = Field(
        "",
        description="Address of the single sign-on (OpenID Connect), as its discovery says it. Unset: there is none.",
    )
    oidc_client_id: str = Field("", description="What the service is called there.")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="Its secret there. Unset: a public client, which PKCE protects alone."
    )
    oidc_name: str = Field(
        "Single sign-on", max_length=40, description="What the button on the sign-in page says."
    )
    oidc_scopes: str = Field(
        "openid profile", description="What is asked for, divided by blanks; Dex tells groups for: groups."
    )
    oidc_groups_claim: str = Field(
        "groups", description="The claim, of the ID token or else of userinfo, that lists groups."
    )
    oidc_grants: tuple[dict[str, str], ...] = Field(
        (),
        description="What groups give, as JSON, refreshed at each sign-in: "
        '[{"group": "dc-north", "role": "technician", "site": "Hall North"}]; also tenant, and rack of a site. '
        "Unset: only who was invited may come in by it.",
    )
    oidc_strong: tuple[str, ...] = Field(
        ("mfa",),
        description="Values of amr or acr by which the single sign-on says that a second factor was used, as JSON. Without "
        "one, an account's own is asked for.",
    )
    ledger_key_file: Path | None = Field(
        None,
        description="PEM file with the Ed25519 key that signs the ledger, made if absent. "
        "Unset: `keys/ledger.pem` in data_dir.",
    )
    label_key_file: Path | None = Field(
        None,
        description="File with the keys that sign labels where a site asks for it, made if absent. "
        "Unset: `keys/labels.keys` in data_dir.",
    )
    screen_pictures_per_minute: int = Field(
        60,
        gt=0,
        description="Pictures of a shared screen that are taken in a minute of one session before 429.",
    )
    json_limit_bytes: int = Field(1 * MIB, description="Largest JSON request body, in bytes.")
    upload_limit_bytes: int = Field(50 * MIB, description="Largest uploaded file, in bytes.")
    import_limit_bytes: int = Field(64 * MIB, description="Largest bulk import, in bytes.")
    body_grace_s: float = Field(
        30.0, gt=0, description="Seconds a request body may keep the service waiting before its pace counts."
    )
    body_min_bytes_per_s: int = Field(
        2048,
        gt=0,
        description="Slowest pace of a request body after that, in bytes per second; slower is refused (408).",
    )
    image_limit_pixels: int = Field(
        40_000_000, description="Largest accepted picture, in pixels (width x height)."
    )
    vision_timeout_s: float = Field(5.0, description="Longest time spent on reading one picture, in seconds.")
    vision_workers: int = Field(1, description="Threads that read pictures.")
    live_message_limit_bytes: int = Field(64 * 1024, description="Largest live message, in bytes.")
    live_outbox_limit_bytes: int = Field(1 * MIB, description="Bytes that may wait for one slow participant.")
    live_outbox_limit_s: float = Field(
        5.0, description="Seconds a message may wait for one slow participant."
    )
    live_hello_timeout_s: float = Field(5.0, description="Seconds a new live connection has to say hello.")
    live_idle_timeout_s: float = Field(
        45.0, description="Seconds of silence after which a live connection is closed."
    )
    live_frame_ring_s: float = Field(
        10.0, description="Seconds for which a sighted frame can still be drawn on."
    )
    live_unshared_stills: int = Field(
        200,
        description="Pictures that one person, or all guests of a session together, may have uploaded to it without "
        "sharing them yet.",
    )
    video_picture_limit_bytes: int = Field(512 * 1024, gt=0, description="Largest live picture, in bytes.")
    video_pictures_per_s: int = Field(
        30, gt=0, description="Live pictures a second of one camera; what comes faster is left out."
    )
    video_streams_per_session: int = Field(
        4, gt=0, description="Cameras that may send live pictures of one session at once."
    )
    video_bytes_per_session: int = Field(
        4 * 1024 * MIB,
        gt=0,
        description="Bytes of live pictures one session may have; stills go on after them. Counted since the service started.",
    )
    phone_bytes_per_session: int | None = Field(
        None,
        gt=0,
        description="Bytes of its own traffic of a session after which a phone sends pictures only when they are asked for, "
        "unless its holder chooses otherwise; marks, words and voice go on. Unset: there is no such limit.",
    )
    recording_days: int = Field(
        90,
        ge=0,
        description="Days a recording of a session is kept, where no tenant whose equipment it shows says another number. 0: for ever.",
    )
    videos_at_once: int = Field(
        2,
        gt=0,
        description="Recordings that may be made into videos with their marks at once; each takes a core for a fifth of its length.",
    )
    ice_stun: tuple[str, ...] = Field(
        (),
        description='STUN servers by which voice and video find a way through a router, as JSON: ["stun:stun.example:3478"]. '
        "Unset: none is asked.",
    )
    ice_turn: tuple[str, ...] = Field(
        (),
        description="TURN servers that relay voice and video where no direct way is open, as JSON: "
        '["turns:turn.example:443?transport=tcp"]. Unset: none.',
    )
    turn_secret: SecretStr = Field(
        SecretStr(""),
        description="What the TURN servers know too (coturn: static-auth-secret): passwords that run out are made from it.",
    )
    turn_minutes: int = Field(
        240, gt=0, description="How long a password for the TURN servers is good, in minutes."
    )
    janus_url: str = Field(
        "",
        description="WebSocket API of a Janus media server, by which voice and pictures of three and more go: "
        "ws://127.0.0.1:8188. Unset: three browsers connect to each other, further ones see stills and live pictures.",
    )
    janus_api_secret: SecretStr = Field(
        SecretStr(""), description="Janus' api_secret (janus.jcfg), where it has one."
    )
    janus_admin_key: SecretStr = Field(
        SecretStr(""),
        description="Its VideoRoom's admin_key (janus.plugin.videoroom.jcfg), without which nobody else opens rooms.",
    )
    livekit_url: str = Field(
        "",
        description="Address of a LiveKit server, in place of Janus: ws://127.0.0.1:7880. Needs the extra `livekit`.",
    )
    livekit_key: str = Field("", description="One of its API keys (`keys` in its configuration), by name.")
    livekit_secret: SecretStr = Field(SecretStr(""), description="That key's secret.")
    live_snapshot_events: int = Field(1000, description="Events between two folded snapshots of a session.")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        networks(text)
        return text

    def printed_url(self, listening: Listening) -> str:
        """`base_url` where somebody has set it, else the address that is listened on. Raises UnknownHost."""
        return self.base_url if "base_url" in self.model_fields_set else listening.widest_url

    def sqlite_path(self) -> Path:
        return self.data_dir / "nearhand.db"

    def live_path(self) -> Path:
        return self.data_dir / "live.db"

    def access_key_path(self) -> Path:
        return self.access_key_file or self.data_dir / "keys" / "access.key"

    def label_key_path(self) -> Path:
        return self.label_key_file or self.data_dir / "keys" / "labels.keys"

    def registry_url(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{self.sqlite_path()}"
