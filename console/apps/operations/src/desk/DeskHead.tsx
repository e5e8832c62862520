/** Who and what this session is: device, participants, whether all is saved, and how to invite or end. */
import { Button, Confirm, dateTime, notify, timer } from "@nearhand/ui";
import { useSignal } from "@preact/signals";
import badgeCheck from "lucide-static/icons/badge-check.svg?raw";
import presentation from "lucide-static/icons/presentation.svg?raw";
import circleDot from "lucide-static/icons/circle-dot.svg?raw";
import history from "lucide-static/icons/history.svg?raw";
import userPlus from "lucide-static/icons/user-plus.svg?raw";
import { useEffect } from "preact/hooks";
import type { Session } from "@nearhand/contract";
import { may, me } from "../access/identity";
import { askToRecord } from "../recording/DeskRecording";
import { t as trec } from "../recording/words";
import { t as tr } from "../replay/words";
import { get } from "../rest";
import { navigate } from "../router";
import { paths } from "../routes";
import { useNow } from "../shell/now";
import { t as ta } from "./approvalWords";
import { AskApproval } from "./Approvals";
import type { Desk } from "./desk";
import type { DeskHall } from "./hall";
import { t as th } from "./hallWords";
import { InviteDialog } from "./InviteDialog";
import { Participants } from "./Participants";
import { ShowDialog } from "./ShowDialog";
import { t } from "./words";

export function DeskHead({ desk, hall }: { desk: Desk; hall: DeskHall | null }) {
  const shows = useSignal(false);
  const asksEnd = useSignal(false);
  const invites = useSignal(false);
  const asksApproval = useSignal(false);
  const session = useSignal<Session | null>(null);
  const view = desk.view.value;
  const device = desk.device.value?.view;
  useEffect(() => {
    get<Session>(`/sessions/${desk.id}`).then(
      (found) => (session.value = found),
      () => undefined, // the head then does without subject and timer
    );
  }, [desk.id, view.isEnded]);
  const end = () => {
    desk.session.commands.end();
    asksEnd.value = false;
    notify(t("ended"));
  };
  return (
    <header class="desk-head">
      <div class="desk-title">
        <div class="desk-name">
          <h1>
            {device && may("devices.read") ? (
              <a href={paths.device(device.device.id)}>{device.device.asset_tag}</a>
            ) : (
              (device?.device.asset_tag ?? (session.value?.subject || t("noDevice")))
            )}
          </h1>
          <Participants desk={desk} />
        </div>
        <p class="soft">
          {device
            ? [
                device.site.name,
                device.location?.name,
                device.rack?.name,
                device.device.position_u != null && `U${device.device.position_u}`,
              ]
                .filter(Boolean)
                .join(" / ")
            : ""}
          {session.value?.subject && device ? ` · ${session.value.subject}` : ""}
        </p>
      </div>
      <SessionTimer session={session.value} />
      <Saved desk={desk} />
      {may("sessions.invite") && !view.isEnded && (
        <Button icon={userPlus} onClick={() => (invites.value = true)} data-testid="invite">
          {t("invite")}
        </Button>
      )}
      <GuestPass desk={desk} />
      {desk.mayDraw.value && hall && (
        <Button icon={presentation} onClick={() => (shows.value = true)} data-testid="show">
          {th("show")}
        </Button>
      )}
      {desk.mayDraw.value && (
        <Button icon={badgeCheck} onClick={() => (asksApproval.value = true)} data-testid="ask-approval">
          {ta("askApproval")}
        </Button>
      )}
      {desk.mayDraw.value && !view.recording && (
        <Button
          icon={circleDot}
          onClick={() => askToRecord(desk)}
          title={trec("recordHint")}
          data-testid="record-session"
        >
          {trec("record")}
        </Button>
      )}
      {desk.mayDraw.value && (
        <Button look="danger" onClick={() => (asksEnd.value = true)} data-testid="end-session">
          {t("end")}
        </Button>
      )}
      {view.isEnded && (
        <Button icon={history} onClick={() => navigate(paths.replay(desk.id))} data-testid="replay-session">
          {tr("replay")}
        </Button>
      )}
      {asksEnd.value && (
        <Confirm
          title={t("end")}
          body={t("endAsk")}
          yes={t("end")}
          no={t("keepGoing")}
          onYes={end}
          onNo={() => (asksEnd.value = false)}
        />
      )}
      {invites.value && (
        <InviteDialog desk={desk} session={session.value} onClose={() => (invites.value = false)} />
      )}
      {shows.value && hall && <ShowDialog desk={desk} hall={hall} onClose={() => (shows.value = false)} />}
      {asksApproval.value && <AskApproval desk={desk} onClose={() => (asksApproval.value = false)} />}
    </header>
  );
}

/** What a guest's link lets them do, and until when. */
function GuestPass({ desk }: { desk: Desk }) {
  const link = me.value?.link;
  const may = desk.view.value.you?.guest;
  if (!link || !may || may === "help") return null;
  return (
    <span class="flag" data-testid="guest-pass">
      {ta(may === "approve" ? "approving" : "watching")} ·{" "}
      {ta("expires", { when: dateTime(link.expires_at) })}
    </span>
  );
}

function SessionTimer({ session }: { session: Session | null }) {
  const now = useNow();
  if (!session) return null;
  const until = session.ended_at ? Date.parse(session.ended_at) : now;
  return <time class="desk-timer">{timer(until - Date.parse(session.opened_at))}</time>;
}

/** "Saved" is said only when the server has said so. */
function Saved({ desk }: { desk: Desk }) {
  const { pending, link, isEnded } = desk.view.value;
  if (isEnded) return <span class="flag">{t("ended")}</span>;
  const isSaved = pending.count === 0 && link.state === "open";
  const says =
    pending.count > 0
      ? t("unsaved", { count: pending.count })
      : t(link.state === "open" ? "saved" : "reconnecting");
  return (
    <span
      class={isSaved ? "flag flag-green" : "flag flag-amber"}
      data-testid="saved"
      data-pending={pending.count}
      role="status"
    >
      {isSaved ? "✓ " : "… "}
      {says}
    </span>
  );
}
