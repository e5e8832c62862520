/** Ask somebody in: what they may do, then a link that works once; or an account for a machine. */
import type { Grant, Invited, NewInvitation, NewUser, User } from "@nearhand/contract";
import { Button, Dialog, Field, SelectField } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { submits, textOf, useActing } from "../access/acting";
import type { GrantPlaces } from "../access/GrantChips";
import { me } from "../access/identity";
import { proved } from "../access/proving";
import { ShownOnce } from "../access/ShownOnce";
import { t as tAccess } from "../access/words";
import { post } from "../rest";
import { navigate } from "../router";
import { paths } from "../routes";
import { t as tShared } from "../words";
import { firstGrant, mayGive } from "./grants";
import { GrantsEditor } from "./GrantsEditor";
import { t } from "./words";

const NAME = "[a-z0-9][a-z0-9._\\-]{1,39}";

interface InviteDialogProps {
  places: GrantPlaces;
  onChange: () => void;
  onClose: () => void;
}

export function InviteDialog({ places, onChange, onClose }: InviteDialogProps) {
  const own = me.value?.grants ?? [];
  const [kind, setKind] = useState("person");
  const [grants, setGrants] = useState<Grant[]>([firstGrant(own)]);
  const [invited, setInvited] = useState<Invited>();
  const acting = useActing();
  const make = async (form: HTMLFormElement) => {
    const display_name = textOf(form, "display_name");
    const name = textOf(form, "name");
    if (kind === "service") {
      const body = { kind: "service", name, display_name, grants } satisfies NewUser;
      navigate(paths.person((await proved(() => post<User>("/users", body))).id));
      return;
    }
    const email = textOf(form, "email") || null;
    const body = { display_name, name: name || null, email, grants } satisfies NewInvitation;
    setInvited(await proved(() => post<Invited>("/invitations", body)));
    onChange();
  };
  if (invited)
    return (
      <Dialog title={invited.display_name} onClose={onClose}>
        <ShownOnce label={t("inviteLink")} text={invited.url} qrSvg={invited.qr_svg} hint={t("inviteOnce")} />
        <div class="ui-actions">
          <Button onClick={onClose}>{tShared("close")}</Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog title={t("invite")} onClose={onClose} isWide>
      <form class="form" onSubmit={submits((form) => acting.run(() => make(form)))}>
        <div class="form-row">
          <SelectField
            label={t("kind")}
            value={kind}
            choices={[
              { value: "person", label: t("person") },
              { value: "service", label: t("service") },
            ]}
            onChange={setKind}
          />
          <Field
            label={tAccess("displayName")}
            name="display_name"
            maxLength={80}
            required
            autofocus
            error={acting.problem}
          />
        </div>
        <div class="form-row">
          <Field
            label={tAccess("name")}
            name="name"
            pattern={NAME}
            autocomplete="off"
            autocapitalize="none"
            required={kind === "service"}
            hint={kind === "service" ? tAccess("nameHint") : t("nameLeft")}
          />
          {kind === "person" && (
            <Field
              label={tAccess("email")}
              name="email"
              type="email"
              autocomplete="off"
              hint={t("emailHint")}
            />
          )}
        </div>
        <GrantsEditor grants={grants} places={places} onChange={setGrants} />
        <div class="ui-actions">
          <Button onClick={onClose}>{tShared("cancel")}</Button>
          <Button
            type="submit"
            look="primary"
            isBusy={acting.isBusy}
            disabled={!grants.every((grant) => mayGive(grant, own))}
            data-testid="invite-make"
          >
            {t(kind === "service" ? "makeService" : "makeInvite")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
