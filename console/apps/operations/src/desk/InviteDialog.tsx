/** Make a joining link for one session, and hand it over by the clipboard. */
import type { JoiningLink, Role } from "@nearhand/contract";
import { Button, Dialog, notify, SelectField } from "@nearhand/ui";
import copy from "lucide-static/icons/copy.svg?raw";
import { useRef, useState } from "preact/hooks";
import { t as tAccess } from "../access/words";
import { post } from "../rest";
import { sentence } from "../shell/Shown";
import { t } from "./words";

const HOURS = 8;
const ROLES: readonly Role[] = ["observer", "technician", "expert"];

export function InviteDialog({ sessionId, onClose }: { sessionId: string; onClose: () => void }) {
  const [role, setRole] = useState<Role>("observer");
  const [link, setLink] = useState<JoiningLink>();
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const make = async () => {
    setBusy(true);
    try {
      setLink(await post<JoiningLink>(`/sessions/${sessionId}/invitations`, { role, hours: HOURS }));
    } catch (error) {
      notify(sentence(error), "bad");
    }
    setBusy(false);
  };
  const take = async () => {
    field.current!.select();
    // Without TLS there is no clipboard API; the old command still copies what is selected.
    const isCopied = await (navigator.clipboard?.writeText(link!.url).then(() => true) ??
      document.execCommand("copy"));
    if (isCopied) notify(t("copied"), "good");
  };
  return (
    <Dialog title={t("inviteTitle")} onClose={onClose}>
      <SelectField
        label={t("guestRole")}
        value={role}
        choices={ROLES.map((value) => ({ value, label: tAccess(value) }))}
        onChange={(next) => {
          setRole(next as Role);
          setLink(undefined);
        }}
      />
      <p class="soft">{t("inviteHint", { hours: HOURS })}</p>
      {link ? (
        <div class="copy-row">
          <input
            ref={field}
            class="ui-input"
            readOnly
            value={link.url}
            data-testid="invite-link"
            onFocus={(event) => event.currentTarget.select()}
          />
          <Button look="primary" icon={copy} onClick={() => void take()}>
            {t("copy")}
          </Button>
        </div>
      ) : (
        <div class="ui-actions">
          <Button look="primary" isBusy={isBusy} onClick={() => void make()} data-testid="make-link">
            {t("makeLink")}
          </Button>
        </div>
      )}
    </Dialog>
  );
}
