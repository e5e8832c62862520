/** Every open session as a card, the ringing ones first: look, and take over with one more click. */
import { API, type Device, type Session } from "@nearhand/contract";
import { EmptyState, Icon, IconButton, Skeleton, timer } from "@nearhand/ui";
import { signal } from "@preact/signals";
import bell from "lucide-static/icons/bell.svg?raw";
import bellOff from "lucide-static/icons/bell-off.svg?raw";
import layoutGrid from "lucide-static/icons/layout-grid.svg?raw";
import phoneIncoming from "lucide-static/icons/phone-incoming.svg?raw";
import { useEffect } from "preact/hooks";
import { may } from "../access/identity";
import { t as tReplay } from "../replay/words";
import { get } from "../rest";
import { paths } from "../routes";
import { useNow } from "../shell/now";
import { Failed } from "../shell/Shown";
import { isMuted, setMuted } from "./bell";
import { Ended } from "./Ended";
import { openSessions, refreshWall, ringing, wallState } from "./wall";
import { t } from "./words";

export function Wall() {
  const state = wallState.value;
  const all = openSessions.value;
  return (
    <div class="page page-wide">
      <header class="page-head">
        <h1>{t("title")}</h1>
        <span class="soft">{t("openCount", { count: all.length })}</span>
        {ringing.value > 0 && <b class="flag flag-amber">{t("ringingCount", { count: ringing.value })}</b>}
        <span class="gap" />
        <IconButton
          svg={isMuted.value ? bellOff : bell}
          label={t(isMuted.value ? "unmute" : "mute")}
          onClick={() => setMuted(!isMuted.value)}
        />
      </header>
      {state.status === "loading" && <Skeleton rows={6} height={40} />}
      {state.status === "failed" && <Failed error={state.error} retry={() => void refreshWall()} />}
      {state.status === "ready" && all.length === 0 && (
        <EmptyState icon={layoutGrid} title={t("empty")}>
          <p>{t("emptyHint")}</p>
          {may("sessions.open") && (
            <a href="/field/?camera=demo" target="_blank" rel="noreferrer">
              {t("openField")}
            </a>
          )}
        </EmptyState>
      )}
      <ul class="wall">
        {all.map((session) => (
          <Card key={session.id} session={session} />
        ))}
      </ul>
      <h2 class="ended-title">{tReplay("ended")}</h2>
      <Ended key={all.length} />
    </div>
  );
}

function Card({ session }: { session: Session }) {
  const now = useNow();
  const device = useDeviceName(session.device_id);
  const isRinging = session.status === "ringing";
  return (
    <li
      class={isRinging ? "card card-ringing" : "card"}
      data-testid="wall-card"
      data-session-id={session.id}
      data-status={session.status}
    >
      <a href={paths.desk(session.id)}>
        <div class="card-still">
          {session.last_still_sha256 ? (
            <img
              src={`${API}/sessions/${session.id}/stills/${session.last_still_sha256}`}
              alt=""
              loading="lazy"
            />
          ) : (
            <span>{t("noStill")}</span>
          )}
          <span class={isRinging ? "flag flag-amber" : "flag flag-green"}>
            {isRinging && <Icon svg={phoneIncoming} size={14} />}
            {t(isRinging ? "ringing" : "open")}
          </span>
          <time class="card-timer">{timer(now - Date.parse(session.opened_at))}</time>
        </div>
        <h2>{device ?? (session.subject || t("noSubject"))}</h2>
        <p class="card-subject">{session.subject || t("noSubject")}</p>
        <p class="soft">{t("by", { name: session.opened_by_name })}</p>
        <p class="card-foot">
          <span class={session.expert_names.length > 0 ? "" : "soft"}>
            {session.expert_names.length > 0
              ? t("helped", { names: session.expert_names.join(", ") })
              : t("waiting")}
          </span>
          <span class={isRinging ? "ui-button ui-button-primary" : "ui-button"}>
            {t(isRinging ? "takeOver" : "look")}
          </span>
        </p>
      </a>
    </li>
  );
}

const names = signal<Readonly<Record<string, string>>>({});

/** A session names its device by id; the wall shows its tag. Each is asked for once. */
function useDeviceName(id: string | null): string | undefined {
  useEffect(() => {
    if (!id || names.peek()[id] !== undefined) return;
    get<Device>(`/devices/${id}`).then(
      (device) => (names.value = { ...names.peek(), [id]: `${device.asset_tag} · ${device.name}` }),
      () => undefined, // a card without its device's name still serves
    );
  }, [id]);
  return id ? names.value[id] : undefined;
}
