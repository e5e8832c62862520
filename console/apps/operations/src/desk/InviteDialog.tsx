/** Make a link for people without an account, hand it over by the clipboard, and see to those that were made. */
import type { CustomerLink, NewCustomerLink, JoiningLink, Session } from "@nearhand/contract";
import { Button, Dialog, Field, notify, SelectField } from "@nearhand/ui";
import copy from "lucide-static/icons/copy.svg?raw";
import { useEffect, useRef, useState } from "preact/hooks";
import { get, post } from "../rest";
import { sentence } from "../shell/Shown";
import { t as tl } from "./approvalWords";
import type { Desk } from "./desk";
import { LinkList } from "./LinkList";
import { t } from "./words";

const HOURS = [1, 8, 24, 72, 168];
const WAYS = {
  watch: { may: "watch" },
  approveLink: { may: "approve" },
  helpTechnician: { may: "help", role: "technician" },
  helpExpert: { may: "help", role: "expert" },
} as const satisfies Record<string, Partial<NewCustomerLink>>;
type Way = keyof typeof WAYS;

export function InviteDialog({
  desk,
  session,
  onClose,
}: {
  desk: Desk;
  session: Session | null;
  onClose: () => void;
}) {
  const [way, setWay] = useState<Way>("watch");
  const [hours, setHours] = useState(8);
  const [label, setLabel] = useState("");
  const [isForOrder, setForOrder] = useState(false);
  const [isNarrow, setNarrow] = useState(false);
  const [link, setLink] = useState<JoiningLink>();
  const [links, setLinks] = useState<readonly CustomerLink[]>();
  const [isBusy, setBusy] = useState(false);
  const path = `/sessions/${desk.id}/invitations`;
  const device = desk.device.value?.view.device;
  const load = () => get<CustomerLink[]>(path).then(setLinks, (error) => notify(sentence(error), "bad"));
  useEffect(() => void load(), [path]);
  const changed =
    <T,>(set: (value: T) => void) =>
    (value: T) => {
      set(value);
      setLink(undefined);
    };
  const make = async () => {
    setBusy(true);
    try {
      const wanted = {
        ...WAYS[way],
        hours,
        label: label.trim(),
        is_for_work_order: isForOrder,
        device_ids: isNarrow && device ? [device.id] : null,
      };
      setLink(await post<JoiningLink>(path, wanted));
      await load();
    } catch (error) {
      notify(sentence(error), "bad");
    }
    setBusy(false);
  };
  return (
    <Dialog title={t("inviteTitle")} onClose={onClose}>
      <div class="plain-list">
        <SelectField
          label={tl("may")}
          value={way}
          choices={(Object.keys(WAYS) as Way[]).map((value) => ({ value, label: tl(value) }))}
          onChange={changed((value: string) => setWay(value as Way))}
        />
        {session?.work_order && (
          <SelectField
            label={tl("scope")}
            value={String(isForOrder)}
            choices={[
              { value: "false", label: tl("thisSession") },
              { value: "true", label: tl("workOrder", { order: session.work_order }) },
            ]}
            onChange={changed((value: string) => setForOrder(value === "true"))}
          />
        )}
        {device && (
          <SelectField
            label={tl("shows")}
            value={String(isNarrow)}
            choices={[
              { value: "false", label: tl("allShown") },
              { value: "true", label: tl("onlyDevice", { name: device.asset_tag }) },
            ]}
            onChange={changed((value: string) => setNarrow(value === "true"))}
          />
        )}
        <SelectField
          label={tl("until")}
          value={String(hours)}
          choices={HOURS.map((count) => ({
            value: String(count),
            label:
              count % 24 === 0 && count > 24 ? tl("days", { count: count / 24 }) : tl("hours", { count }),
          }))}
          onChange={changed((value: string) => setHours(Number(value)))}
        />
        <Field
          label={tl("label")}
          value={label}
          maxLength={80}
          onInput={(event) => changed(setLabel)(event.currentTarget.value)}
        />
        <p class="soft">{tl("hint")}</p>
        {link ? (
          <Made url={link.url} />
        ) : (
          <div class="ui-actions">
            <Button look="primary" isBusy={isBusy} onClick={() => void make()} data-testid="make-link">
              {t("makeLink")}
            </Button>
          </div>
        )}
        {links && <LinkList links={links} path={path} onChanged={() => void load()} />}
      </div>
    </Dialog>
  );
}

function Made({ url }: { url: string }) {
  const field = useRef<HTMLInputElement>(null);
  const take = async () => {
    field.current!.select();
    // Without TLS there is no clipboard API; the old command still copies what is selected.
    const isCopied = await (navigator.clipboard?.writeText(url).then(() => true) ??
      document.execCommand("copy"));
    if (isCopied) notify(t("copied"), "good");
  };
  return (
    <div class="copy-row">
      <input
        ref={field}
        class="ui-input"
        readOnly
        value={url}
        aria-label={t("inviteTitle")}
        data-testid="invite-link"
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button look="primary" icon={copy} onClick={() => void take()}>
        {t("copy")}
      </Button>
    </div>
  );
}
