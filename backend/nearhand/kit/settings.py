"""Every setting of the service, its default and its meaning; nothing else reads the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from nearhand.kit.address import Listening

MIB = 1024 * 1024


class Settings(BaseSettings):
    """Read once in `app.py` from variables with the prefix NEARHAND_, then handed on as plain values."""

    model_config = SettingsConfigDict(env_prefix="NEARHAND_", frozen=True, extra="forbid")

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
    session_hours: int = Field(12, description="How long a sign-in lasts, in hours.")
    password_tries_per_minute: int = Field(10, description="Sign-in tries per address and minute before 429.")
    ledger_key_file: Path | None = Field(
        None,
        description="PEM file with the Ed25519 key that signs the ledger, made if absent. "
        "Unset: `keys/ledger.pem` in data_dir.",
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
    live_snapshot_events: int = Field(1000, description="Events between two folded snapshots of a session.")

    def printed_url(self, listening: Listening) -> str:
        """`base_url` where somebody has set it, else the address that is listened on. Raises UnknownHost."""
        return self.base_url if "base_url" in self.model_fields_set else listening.widest_url

    def sqlite_path(self) -> Path:
        return self.data_dir / "nearhand.db"

    def live_path(self) -> Path:
        return self.data_dir / "live.db"

    def registry_url(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{self.sqlite_path()}"
