/** What the customer is asked, and what they said: a band for what waits, and a form for who may ask. */
import type { Approval } from "@nearhand/contract";
import { Button, Dialog, Field } from "@nearhand/ui";
import check from "lucide-static/icons/check.svg?raw";
import x from "lucide-static/icons/x.svg?raw";
import { useState } from "preact/hooks";
import type { Desk } from "./desk";
import { t } from "./approvalWords";

/** Whether this person's word is the customer's: a guest whose link says so, or somebody who watches by account. */
export function mayDecide({ you, isEnded, isElsewhere }: Desk["view"]["value"]): boolean {
  if (!you || isEnded || isElsewhere) return false;
  return you.guest ? you.guest === "approve" : you.role === "observer" || you.role === "admin";
}

export function Approvals({ desk }: { desk: Desk }) {
  const view = desk.view.value;
  const waiting = view.approvals.filter(({ decision }) => decision === null);
  if (waiting.length === 0 || view.isEnded) return null;
  return (
    <section class="band band-amber approvals" aria-label={t("approvals")} aria-live="polite">
      {waiting.map((asked) => (
        <Asked key={asked.id} desk={desk} asked={asked} />
      ))}
    </section>
  );
}

function Asked({ desk, asked }: { desk: Desk; asked: Approval }) {
  const [reason, setReason] = useState("");
  const view = desk.view.value;
  const name = view.participants.find(({ id }) => id === asked.asked_by)?.display_name ?? t("somebody");
  const decide = (decision: "approved" | "refused") =>
    desk.session.commands.decide(asked.id, decision, reason.trim());
  return (
    <div class="approval" data-testid="approval">
      <p>
        <b>{t("asks", { name })}</b> {asked.what}
      </p>
      {mayDecide(view) && asked.asked_by !== view.you?.id ? (
        <div class="button-row">
          <input
            class="ui-input"
            value={reason}
            maxLength={500}
            placeholder={t("reason")}
            aria-label={t("reason")}
            data-testid="approval-reason"
            onInput={(event) => setReason(event.currentTarget.value)}
          />
          <Button look="primary" icon={check} onClick={() => decide("approved")} data-testid="approve">
            {t("approve")}
          </Button>
          <Button look="danger" icon={x} onClick={() => decide("refused")} data-testid="refuse">
            {t("refuse")}
          </Button>
        </div>
      ) : (
        <p class="soft">{t("waiting")}</p>
      )}
    </div>
  );
}

/** The form by which somebody who helps asks. */
export function AskApproval({ desk, onClose }: { desk: Desk; onClose: () => void }) {
  const [what, setWhat] = useState("");
  return (
    <Dialog title={t("askTitle")} onClose={onClose}>
      <form
        class="plain-list"
        onSubmit={(event) => {
          event.preventDefault();
          if (!what.trim()) return;
          desk.session.commands.askApproval(what.trim(), desk.view.value.device?.device_id ?? null);
          onClose();
        }}
      >
        <Field
          label={t("what")}
          value={what}
          maxLength={500}
          required
          hint={t("askHint")}
          data-testid="approval-what"
          onInput={(event) => setWhat(event.currentTarget.value)}
        />
        <div class="ui-actions">
          <Button type="submit" look="primary" data-testid="approval-send">
            {t("ask")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** A line of the time line. */
export function saidOf({ what, decision, reason, invited_by: host }: Approval): string {
  if (decision === null) return t("asked", { what });
  return [t(decision, { what }), reason && `(${reason})`, host && `· ${t("byLinkOf", { name: host })}`]
    .filter(Boolean)
    .join(" ");
}
