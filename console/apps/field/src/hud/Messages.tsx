/** What the camera screen has to say, one sentence at a time, the gravest first. */
import { Icon } from "@nearhand/ui";
import { actor } from "../access/actor";
import { lastSight } from "../camera/eye";
import { cannotRead } from "../camera/frames";
import { cameraState } from "../camera/source";
import { foreignText } from "../device/recognise";
import { isLooking, lookProblem, target } from "../device/target";
import { go } from "../routes";
import { forgetHelp, helpDelay, waitingHelp } from "../session/help";
import { hasStrayTag, isContradicted, isMirrored } from "../overlay/known";
import { misplaced, wayThere } from "../overlay/rack";
import { notice } from "../session/notices";
import { mySession } from "../session/mine";
import { enterSession, notEntered, open, room } from "../session/room";
import { t } from "../words/hud";
import { t as ts } from "../words/session";
import { nowMs } from "./clock";
import { warning } from "./icons";

const LOST_MS = 1500;

export function Messages() {
  const message = current();
  return (
    <div class="messages" role="status" aria-live="polite">
      {message && (
        <p class={`message is-${message.tone}`}>
          {message.tone === "caution" && <Icon svg={warning} size={18} />}
          <span>{message.text}</span>
          {message.act && (
            <button type="button" onClick={message.act.run}>
              {message.act.label}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

interface Message {
  tone: "calm" | "caution";
  text: string;
  act?: { label: string; run: () => void };
}

function current(): Message | null {
  if (isContradicted.value) return stopped() ?? outside() ?? refused(); // the red finding says the rest
  return stopped() ?? outside() ?? refused() ?? lookedFor() ?? contradicted() ?? stillOpen() ?? seen();
}

/** Back at the rack: the session that was left open is one tap away. */
function stillOpen(): Message | null {
  const session = mySession.value;
  if (!session || room.value) return null;
  const { id, subject } = session;
  return {
    tone: "calm",
    text: subject ? ts("still_open_about", { subject }) : ts("still_open"),
    act: { label: ts("return"), run: () => go({ page: "session", id }) },
  };
}

/** What is seen is not what is registered. */
function contradicted(): Message | null {
  const found = misplaced.value;
  if (found) {
    const values = { name: found.name, other: found.other, n: Math.abs(found.units) };
    const key = found.isCertain ? (found.units > 0 ? "higher" : "lower") : "apart";
    return { tone: "caution", text: t(key, values) };
  }
  if (isMirrored.value) return { tone: "caution", text: t("mirrored") };
  return hasStrayTag.value ? { tone: "caution", text: t("stray_tag") } : null;
}

/** The client of sessions did not come: without it there is no room to tell anything of. */
function outside(): Message | null {
  const [id, who] = [notEntered.value, actor.value];
  if (!id || !who) return null;
  return {
    tone: "caution",
    text: ts("not_entered"),
    act: { label: t("try_again"), run: () => void enterSession(id, who) },
  };
}

function stopped(): Message | null {
  const view = room.value;
  if (view?.link.state === "stopped") {
    const { because } = view.link;
    if (because === "no_session") return { tone: "caution", text: ts("no_session") };
    const reload = { label: ts("reload"), run: () => location.reload() };
    if (because === "bad_protocol") return { tone: "caution", text: ts("bad_protocol"), act: reload };
    const back = { label: ts("take_back"), run: () => open.value?.live.connect() };
    if (because === "replaced") return { tone: "caution", text: ts("replaced"), act: back };
  }
  if (view && !view.isKept && view.pending.count > 0) return { tone: "caution", text: ts("not_kept") };
  return null;
}

function refused(): Message | null {
  if (notice.value) return { tone: notice.value.isGood ? "calm" : "caution", text: notice.value.text };
  if (!waitingHelp.value) return null;
  const delay = helpDelay.value;
  return {
    tone: delay === "sending" ? "calm" : "caution",
    text: ts(`ask_${delay}`),
    act: { label: ts("withdraw"), run: forgetHelp },
  };
}

function lookedFor(): Message | null {
  const problem = lookProblem.value;
  if (problem) {
    if (problem.code === "offline") return { tone: "caution", text: t("label_offline") };
    return { tone: "caution", text: t("unknown_label") };
  }
  if (foreignText.value)
    return { tone: "caution", text: t("foreign", { text: foreignText.value.slice(0, 60) }) };
  if (isLooking.value) return { tone: "calm", text: t("loading_device") };
  return null;
}

function seen(): Message | null {
  if (cameraState.value.status !== "on") return null;
  if (cannotRead.value) return { tone: "caution", text: t("cannot_read") };
  const now = target.value;
  if (!now) return { tone: "calm", text: t("point_at_label") };
  if (!now.layout) return { tone: "calm", text: t("no_layout") };
  const at = lastSight.value?.deviceId === now.view.device.id ? lastSight.value.at : 0;
  if (nowMs.value - at > LOST_MS && !wayThere.value) return { tone: "calm", text: t("look_at_label") };
  if (!now.doubt) return null;
  return { tone: "caution", text: t(now.doubt === "unsigned" ? "label_unsigned" : "doubt_title") };
}
