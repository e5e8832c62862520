"""Compose the service: settings → resources → routers → app. The only file that knows every slice."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from fastapi import FastAPI
from fastapi.routing import APIRouter
from starlette.requests import Request
from starlette.types import ASGIApp

from nearhand import __version__
from nearhand.access.api import TRIED
from nearhand.access.api import router as access_router
from nearhand.access.enrolment import EnrolmentService
from nearhand.access.factors import FactorService
from nearhand.access.mail import Mail
from nearhand.access.means import Means, Policy
from nearhand.access.model import SYSTEM, Actor, Role
from nearhand.access.oidc import House, SingleSignOn, rules_of
from nearhand.access.passwords import Passwords
from nearhand.access.people import PeopleService
from nearhand.access.provider import Client, Provider
from nearhand.access.seal import Seal
from nearhand.access.service import AccessService
from nearhand.access.tokens import TokenService
from nearhand.audit import recording
from nearhand.audit.api import router as audit_router
from nearhand.audit.service import Ledger
from nearhand.devices.api import router as devices_router
from nearhand.devices.importer import Importer, InspectMoves
from nearhand.devices.places import recording_days, where_named
from nearhand.devices.service import RegisteredDevices
from nearhand.kit.blobs import Blobs
from nearhand.kit.bodies import BodyLimit, Pace
from nearhand.kit.clock import Clock, SystemClock
from nearhand.kit.database import Database
from nearhand.kit.files import FORM_BYTES
from nearhand.kit.headers import SafeHeaders, safe_headers
from nearhand.kit.http import PROBLEM_RESPONSES, forget_idempotency_keys, install_error_handlers, refusal
from nearhand.kit.ids import Ids, RandomIds
from nearhand.kit.limits import Allowed, LimitedAddresses, Limits, SpentTries
from nearhand.kit.logging import configure_logging
from nearhand.kit.patterns import is_id
from nearhand.kit.peer import Proxied, networks
from nearhand.kit.periodic import Periodic
from nearhand.kit.quota import Charge, Quota
from nearhand.kit.sealing import KeyFile
from nearhand.kit.settings import Settings
from nearhand.kit.tickets import Tickets
from nearhand.labels.api import router as labels_router
from nearhand.labels.keys import LabelKeyFile, Stamp
from nearhand.labels.service import RegisteredLabels, tag_inspector
from nearhand.maintenance.api import router as maintenance_router
from nearhand.manuals.api import router as manuals_router
from nearhand.manuals.drawing import Drawing
from nearhand.media.api import router as media_router
from nearhand.media.service import Eyes
from nearhand.migrations.upgrade import upgrade
from nearhand.pages import mount_pages
from nearhand.sessions.api import router as sessions_router
from nearhand.sessions.burning import Burner
from nearhand.sessions.connections import Limits as LiveLimits
from nearhand.sessions.finding import Registered
from nearhand.sessions.hub import Hub
from nearhand.sessions.ice import Ice
from nearhand.sessions.invitations import router as invitations_router
from nearhand.sessions.janus import Janus
from nearhand.sessions.log import Log, PostgresStorage, SqliteStorage
from nearhand.sessions.package import Packer
from nearhand.sessions.recorded import Recordings, Retention
from nearhand.sessions.recordings import router as recordings_router
from nearhand.sessions.relay import Allowed as AllowedPictures
from nearhand.sessions.screen_files import ScreenFiles
from nearhand.sessions.sealing import SessionSeals
from nearhand.sessions.service import Registry, SessionService, Stills
from nearhand.sessions.sfu import MediaServer, SfuUnclear
from nearhand.sessions.sharing import router as sharing_router
from nearhand.sessions.socket import router as socket_router
from nearhand.sessions.tending import TEND_EVERY_S
from nearhand.sessions.video import VideoLines
from nearhand.sessions.video import router as video_router
from nearhand.sessions.voices import VoiceNotes
from nearhand.telemetry.api import router as telemetry_router
from nearhand.telemetry.service import pack_all

API = "/api/v1"
KEYS_KEPT = timedelta(days=1)
SEAL_EVERY_S = 1.0
ROUTERS: tuple[APIRouter, ...] = (
    access_router,
    audit_router,
    devices_router,
    labels_router,
    invitations_router,
    maintenance_router,
    manuals_router,
    media_router,
    recordings_router,
    sessions_router,
    sharing_router,
    socket_router,
    telemetry_router,
    video_router,
)


def _under_api() -> APIRouter:
    api = APIRouter(responses=PROBLEM_RESPONSES)
    for router in ROUTERS:
        api.include_router(router, prefix=API)
    return api


UNDER_API = _under_api()  # once: to work out what each door takes costs more than all else of an app's start


@dataclass
class Resources:
    """What lives as long as the service does; doors find it as `request.app.state.resources`."""

    settings: Settings
    database: Database
    blobs: Blobs
    clock: Clock
    ids: Ids
    access_means: Means
    ledger: Ledger
    access: AccessService
    people: PeopleService
    factors: FactorService
    api_tokens: TokenService
    enrolment: EnrolmentService
    single_sign_on: SingleSignOn
    tickets: Tickets
    limits: Limits
    importer: Importer
    inspect_moves: InspectMoves
    label_stamp: Stamp
    live_log: Log
    session_seals: SessionSeals
    sessions: SessionService
    screen_files: ScreenFiles
    voice_notes: VoiceNotes
    ice: Ice
    hub: Hub
    media_server: MediaServer | None
    video: VideoLines
    packer: Packer
    burner: Burner
    recordings: Recordings
    retention: Retention
    eyes: Eyes
    drawing: Drawing
    quota: Quota
    demo_accounts: list[dict[str, str]] = field(default_factory=list)


def build_resources(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    passwords: Passwords | None = None,
) -> Resources:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    clock, ids = clock or SystemClock(), ids or RandomIds()
    database = Database(settings.registry_url())
    blobs = Blobs(
        settings.data_dir / "blobs", KeyFile(settings.blob_key_file) if settings.blob_key_file else None
    )
    live_log = Log(
        SqliteStorage(settings.live_path()) if database.is_sqlite else PostgresStorage(database.engine),
        ids=ids,
    )
    means = Means(
        database,
        passwords or Passwords(),
        ids,
        clock,
        Seal.from_file(settings.access_key_path()),
        policy=policy_of(settings),
        record=recording.did,
    )
    access = AccessService(means)
    stamp = Stamp(settings.base_url, LabelKeyFile(settings.label_key_path()))
    inspect_moves = tag_inspector(ids=ids, clock=clock, stamp=stamp)
    eyes = Eyes(
        workers=settings.vision_workers,
        timeout_s=settings.vision_timeout_s,
        limit_pixels=settings.image_limit_pixels,
    )
    sessions = SessionService(
        live_log,
        Registry(
            RegisteredDevices(database, ids=ids, clock=clock),
            RegisteredLabels(database, SYSTEM, ids=ids, clock=clock, stamp=stamp),
        ),
        Stills(
            blobs,
            eyes,
            upload_bytes=settings.upload_limit_bytes,
            unshared=settings.live_unshared_stills,
        ),
        ids=ids,
        clock=clock,
    )
    screen_files = ScreenFiles(live_log, blobs, eyes, clock=clock)
    media_server = media_server_of(settings)
    hub = Hub(
        live_log,
        clock=clock,
        limits=LiveLimits(
            ring_s=settings.live_frame_ring_s,
            outbox_bytes=settings.live_outbox_limit_bytes,
            outbox_s=settings.live_outbox_limit_s,
            idle_s=settings.live_idle_timeout_s,
            snapshot_events=settings.live_snapshot_events,
            screens_per_minute=settings.screen_pictures_per_minute,
            budget_bytes=settings.phone_bytes_per_session,
        ),
        registered=Registered(sessions.look_up, sessions.place_of, sessions.camera_mask, screen_files.keep),
    )
    if media_server is not None:
        hub.confer_by(media_server)
    recordings = Recordings(live_log, blobs, clock=clock)
    return Resources(
        settings=settings,
        database=database,
        blobs=blobs,
        clock=clock,
        ids=ids,
        ledger=Ledger(database, settings.data_dir, clock=clock, key_file=settings.ledger_key_file),
        access_means=means,
        access=access,
        people=PeopleService(means, access, mail_of(settings)),
        factors=FactorService(means, access),
        api_tokens=TokenService(means, access),
        enrolment=EnrolmentService(means, access),
        single_sign_on=SingleSignOn(
            means, access, provider_of(settings, clock), house_of(settings), where_named
        ),
        tickets=Tickets(time.monotonic),
        limits=Limits(
            Allowed(
                requests_per_minute_and_address=settings.requests_per_minute_and_address,
                requests_per_minute_and_account=settings.requests_per_minute_and_account,
                tries_per_minute_and_address=settings.password_tries_per_minute,
                uploads_per_hour_and_account=settings.uploads_per_hour_and_account,
                lines_per_address=settings.connections_per_address,
                lines_per_account=settings.lines_per_account,
            ),
            is_upload=is_upload,
            is_try=lambda method, path: method == "POST" and path.removeprefix(API) in TRIED,
        ),
        importer=Importer(database, ids=ids, clock=clock, inspect_moves=inspect_moves),
        inspect_moves=inspect_moves,
        label_stamp=stamp,
        live_log=live_log,
        session_seals=SessionSeals(live_log, database),
        sessions=sessions,
        screen_files=screen_files,
        voice_notes=VoiceNotes(live_log, sessions, blobs, clock=clock),
        ice=Ice(
            settings.ice_stun,
            settings.ice_turn,
            settings.turn_secret.get_secret_value(),
            settings.turn_minutes,
        ),
        hub=hub,
        media_server=media_server,
        video=VideoLines(
            hub.gate,
            AllowedPictures(
                picture_bytes=settings.video_picture_limit_bytes,
                pictures_per_s=settings.video_pictures_per_s,
                streams=settings.video_streams_per_session,
                session_bytes=settings.video_bytes_per_session,
            ),
            clock=clock,
            idle_s=settings.live_idle_timeout_s,
        ),
        packer=Packer(),
        burner=Burner(settings.videos_at_once),
        recordings=recordings,
        retention=Retention(recordings, live_log, database, clock=clock, days=settings.recording_days),
        eyes=eyes,
        drawing=Drawing(),
        quota=Quota(
            live_log,
            lambda request: charges_of(request, settings, clock),
            unclaimed_bytes=settings.upload_limit_bytes,
        ),
    )


class Service(FastAPI):
    """Its outermost layers are there for accidents too, which are answered outside of all other middleware."""

    refusal_of: SpentTries  # asked by whoever serves this, before it makes a request

    def build_middleware_stack(self) -> ASGIApp:
        settings: Settings = self.state.resources.settings
        inner = SafeHeaders(super().build_middleware_stack(), headers_of=safe_headers(settings.hsts_days))
        return Proxied(inner, trusted=networks(settings.trusted_proxies))


def policy_of(settings: Settings) -> Policy:
    """Raise ValueError for a role nobody has."""
    return Policy(
        base_url=settings.base_url,
        sign_in_life=timedelta(hours=settings.session_hours),
        idle_limit=timedelta(minutes=settings.sign_in_idle_minutes),
        device_life=timedelta(days=settings.device_days),
        device_idle_limit=timedelta(minutes=settings.device_idle_minutes),
        invitation_life=timedelta(hours=settings.invitation_hours),
        token_life=timedelta(days=settings.token_max_days),
        second_factor_roles=frozenset(Role(role) for role in settings.second_factor_roles),
    )


def mail_of(settings: Settings) -> Mail | None:
    if not settings.smtp_host:
        return None
    return Mail(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_from,
        settings.smtp_user,
        settings.smtp_password.get_secret_value(),
        settings.smtp_security,
    )


def media_server_of(settings: Settings) -> MediaServer | None:
    """Raise SfuUnclear."""
    if settings.janus_url and settings.livekit_url:
        raise SfuUnclear("There is one media server: NEARHAND_JANUS_URL or NEARHAND_LIVEKIT_URL, not both.")
    if settings.livekit_url:
        return _livekit_of(settings)
    if not settings.janus_url:
        return None
    return Janus(
        settings.janus_url,
        api_secret=settings.janus_api_secret.get_secret_value(),
        admin_key=settings.janus_admin_key.get_secret_value(),
    )


def _livekit_of(settings: Settings) -> MediaServer:
    secret = settings.livekit_secret.get_secret_value()
    if not settings.livekit_key or not secret:
        raise SfuUnclear(
            "LiveKit lets nobody in without NEARHAND_LIVEKIT_KEY and NEARHAND_LIVEKIT_SECRET_FILE."
        )
    try:
        from nearhand.sessions.livekit import LiveKit  # with it comes protobuf, which nobody else needs
    except ImportError as error:
        raise SfuUnclear(f"LiveKit needs an extra: pip install 'nearhand[livekit]' ({error}).") from None
    return LiveKit(settings.livekit_url, key=settings.livekit_key, secret=secret)


def provider_of(settings: Settings, clock: Clock) -> Provider | None:
    """Raise ValueError for settings that cannot be meant."""
    if not settings.oidc_issuer:
        return None
    client = Client(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        secret=settings.oidc_client_secret.get_secret_value(),
        scopes=settings.oidc_scopes,
        redirect_uri=f"{settings.base_url}/signed-in",
        left_uri=f"{settings.base_url}/",
    )
    return Provider(client, clock)


def house_of(settings: Settings) -> House:
    """Raise ValueError for rules that cannot be meant."""
    return House(
        name=settings.oidc_name,
        groups_claim=settings.oidc_groups_claim,
        strong=frozenset(settings.oidc_strong),
        rules=rules_of(settings.oidc_grants),
    )


def create_app(settings: Settings | None = None, resources: Resources | None = None) -> FastAPI:
    configure_logging()  # here, so that however the app is started, its logs are the same
    settings = settings or Settings()
    resources = resources or build_resources(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await upgrade(resources.database)
        await resources.live_log.open()
        await resources.sessions.place_old_sessions()
        await resources.session_seals.recover()
        await resources.ledger.start()
        await resources.hub.start()
        if resources.media_server is not None:
            await resources.media_server.start()
        await resources.blobs.sweep()
        async with (
            Periodic("seal_ledger", every_s=SEAL_EVERY_S, work=lambda: _seal(resources)),
            Periodic("tend_sessions", every_s=TEND_EVERY_S, work=resources.hub.tend),
            Periodic("tend_video", every_s=TEND_EVERY_S, work=resources.video.tend),
            Periodic("sweep_passing_files", every_s=3600, work=resources.blobs.sweep),
            Periodic("write_last_seen", every_s=60, work=resources.access.write_seen),
            Periodic(
                "pack_telemetry", every_s=300, work=lambda: pack_all(resources.database, resources.clock)
            ),
            Periodic(
                "forget_idempotency_keys",
                every_s=3600,
                work=lambda: forget_idempotency_keys(resources.database, resources.clock.now() - KEYS_KEPT),
            ),
            Periodic("delete_old_recordings", every_s=3600, work=lambda: _delete_old_recordings(resources)),
            Periodic(
                "forget_uploads",
                every_s=3600,
                work=lambda: resources.live_log.forget_uploads(resources.clock.now().date()),
            ),
        ):
            yield
        resources.video.stop()
        await resources.hub.stop()
        if resources.media_server is not None:
            await resources.media_server.stop()
        await resources.access.write_seen()
        await resources.people.mails_sent()
        resources.eyes.close()
        resources.drawing.close()
        await resources.session_seals.stop()
        await resources.ledger.stop()
        await resources.live_log.close()
        await resources.database.close()

    app = Service(
        title="Nearhand",
        version=__version__,
        lifespan=lifespan,
        redirect_slashes=False,  # those redirects lead to whatever name the request gave as its host
        separate_input_output_schemas=False,
        responses=PROBLEM_RESPONSES,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.resources = resources
    resources.access_means.watch(resources.hub.recheck)
    resources.access_means.watch(resources.video.recheck)
    install_error_handlers(app)
    app.add_middleware(
        BodyLimit,
        limit=settings.json_limit_bytes,
        # The largest that any of them takes, and what a form wraps around its file.
        upload_limit=max(settings.upload_limit_bytes, settings.import_limit_bytes) + FORM_BYTES,
        is_upload=is_upload,
        pace=Pace(settings.body_grace_s, settings.body_min_bytes_per_s),
    )
    app.add_middleware(
        LimitedAddresses, limits=resources.limits, refusal=refusal, refused=resources.ledger.count_refusal
    )
    app.refusal_of = SpentTries(
        resources.limits,
        refusal=refusal,
        refused=resources.ledger.count_refusal,
        headers_of=safe_headers(settings.hsts_days),
        trusted=networks(settings.trusted_proxies),
    )
    app.router.routes.extend(UNDER_API.routes)
    mount_pages(app)
    return app


async def _seal(resources: Resources) -> None:
    await resources.session_seals.put_down()
    await resources.ledger.seal()


async def _delete_old_recordings(resources: Resources) -> None:
    async with resources.database.reading() as connection:
        days_of = await recording_days(connection)
    await resources.retention.run(days_of)


def charges_of(request: Request, settings: Settings, clock: Clock) -> list[Charge]:
    """On whose account, and to which session, the file comes that this request brings to be kept."""
    path = request.url.path
    if not is_upload(request.method, path) or path.endswith(("/import", "/read")):
        return []
    actor: Actor = request.state.actor
    most = (
        settings.upload_bytes_per_day_and_link
        if actor.link is not None
        else settings.upload_bytes_per_day_and_account
    )
    charges = [Charge(f"account {actor.holder}", most, clock.now().date().isoformat())]
    session_id = request.path_params.get("session_id", "")
    if is_id(session_id):
        charges.append(Charge(f"session {session_id}", settings.upload_bytes_per_session))
    return charges


_PIECE = re.compile(r"/sessions/[^/]+/recordings/[^/]+/chunks/\d+$")


def is_upload(method: str, path: str) -> bool:
    """Paths that read their own body piece by piece, under limits of their own."""
    return (method == "PUT" and (path.endswith("/picture") or _PIECE.search(path) is not None)) or (
        method == "POST"
        and path.endswith(
            ("/stills", "/documents", "/attachments", "/pictures", "/import", "/read", "/voice-notes")
        )
    )
