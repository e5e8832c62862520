/** The upper edge: who I look at, for how long, and whether all is saved. */
import { age, Icon, timer } from "@nearhand/ui";
import { placeOf, target } from "../device/target";
import { isOffline } from "../rest";
import { live } from "../session/part";
import { showing } from "../camera/showing";
import { currentAt, expertsPresent, isLive, openedAt, room } from "../session/room";
import { t } from "../words/hud";
import { t as ts } from "../words/session";
import { nowMs } from "./clock";
import { check, chevronUp, cloudOff } from "./icons";
import { openSheet } from "./panels";

export function TopBar() {
  const now = target.value;
  const RecordingNow = live.here.value?.RecordingNow;
  return (
    <header class="top">
      {isOffline.value && <OfflineBar />}
      <div class="top-row">
        {now ? (
          <button type="button" class="who" onClick={() => openSheet("now")} data-testid="device">
            <i class={`dot is-${now.view.device.status}`} aria-hidden="true" />
            <span>
              <b>{now.view.device.name}</b>
              <small>{placeOf(now.view)}</small>
            </span>
            <Icon svg={chevronUp} size={18} />
          </button>
        ) : (
          <span class="brand">Nearhand</span>
        )}
        {room.value && <LinkState />}
      </div>
      {RecordingNow && <RecordingNow />}
    </header>
  );
}

function OfflineBar() {
  const at = target.value?.at;
  const shown = at ? t("offline_age", { age: age(Math.max(0, nowMs.value - at)) }) : t("offline");
  return (
    <p class="offline" role="status" data-testid="offline">
      <Icon svg={cloudOff} size={16} /> {shown}
    </p>
  );
}

/** Timer, who is there, and "saved" only when the service has said so. */
function LinkState() {
  const view = room.value!;
  const { tone, text } = linkText();
  return (
    <div
      class={`link is-${tone}`}
      data-testid="link"
      data-link={view.link.state}
      data-unsaved={view.pending.count}
    >
      <span class="link-who">{whoText()}</span>
      <span class="link-line">
        {openedAt.value !== null && isLive.value && <time>{timer(nowMs.value - openedAt.value)}</time>}
        <b role="status">
          {tone === "good" && <Icon svg={check} size={14} />}
          {text}
        </b>
      </span>
      <RungNow />
    </div>
  );
}

/** How live pictures go out, while somebody watches. */
function RungNow() {
  const [part, pictures] = [live.here.value, showing.value];
  return part && pictures ? <part.RungChip pictures={pictures} /> : null;
}

function whoText(): string {
  const view = room.value!;
  if (view.isEnded) return ts("ended");
  const names = expertsPresent.value.map((one) => one.display_name).join(", ");
  if (names) return ts("with", { names });
  if (currentAt.value === null) return ""; // nobody has told yet
  const wasHelped = view.participants.some((one) => one.id !== view.you?.id && one.role === "expert");
  return wasHelped ? ts("expert_away") : ts("ringing");
}

function linkText(): { tone: "good" | "busy" | "lost"; text: string } {
  const { link, pending, isCurrent } = room.value!;
  const count = pending.count;
  if (link.state === "open" && isCurrent)
    return count === 0
      ? { tone: "good", text: ts("saved") }
      : { tone: "busy", text: ts("saving", { n: count }) };
  if (count > 0) return { tone: "lost", text: ts("waiting", { n: count }) };
  if (currentAt.value === null || link.state === "open") return { tone: "busy", text: ts("connecting") };
  return { tone: "lost", text: ts("lost", { age: age(Math.max(0, nowMs.value - currentAt.value)) }) };
}
