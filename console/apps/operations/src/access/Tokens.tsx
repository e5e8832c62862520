/** API tokens of one's own or of a service: what each may do, until when; make one, shown once; revoke. */
import type { ApiToken, MadeApiToken, Permission } from "@nearhand/contract";
import { Button, Confirm, date, dateTime, Dialog, EmptyState, Field, useLoad } from "@nearhand/ui";
import plus from "lucide-static/icons/plus.svg?raw";
import { useState } from "preact/hooks";
import { get, post, remove, type Page } from "../rest";
import { Shown } from "../shell/Shown";
import { t as tShared } from "../words";
import { submits, accessSentence, textOf, useActing } from "./acting";
import { proved } from "./proving";
import { ShownOnce } from "./ShownOnce";
import { Wrong } from "./SignIn";
import { t } from "./words";

const DAY_MS = 86_400_000;
const USUAL_DAYS = 90;

interface TokensProps {
  /** `/me` or `/users/{id}`. */
  base: string;
  /** What a token may be given. */
  permissions: readonly Permission[];
}

export function Tokens({ base, permissions }: TokensProps) {
  const tokens = useLoad(`${base}/tokens`, (signal) =>
    get<Page<ApiToken>>(`${base}/tokens`, { limit: 100 }, signal),
  );
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiToken>();
  const acting = useActing();
  const revoke = (token: ApiToken) =>
    void acting
      .run(() => remove(`${base}/tokens/${token.id}`))
      .then(() => {
        setRevoking(undefined);
        tokens.reload();
      });
  return (
    <section class="panel" aria-labelledby="tokens">
      <div class="panel-head">
        <h2 id="tokens">{t("tokens")}</h2>
        <span class="gap" />
        <Button icon={plus} onClick={() => setMaking(true)} data-testid="make-token">
          {t("makeToken")}
        </Button>
      </div>
      {acting.problem && <Wrong>{acting.problem}</Wrong>}
      <Shown of={tokens}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t("noTokens")} />
          ) : (
            <ul class="rows" data-testid="tokens">
              {items.map((token) => (
                <li key={token.id}>
                  <div>
                    <b>{token.name}</b>
                    <small>
                      {[...token.permissions].sort().join(" · ")}
                      <br />
                      {t("until")} {date(token.expires_at)} · {t("lastUsed")}{" "}
                      {token.last_used_at
                        ? `${dateTime(token.last_used_at)} · ${token.last_address}`
                        : t("never")}
                    </small>
                  </div>
                  <Button onClick={() => setRevoking(token)}>{t("revoke")}</Button>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      {isMaking && (
        <Dialog title={t("makeToken")} onClose={() => setMaking(false)}>
          <TokenForm
            base={base}
            permissions={permissions}
            onMade={tokens.reload}
            onClose={() => setMaking(false)}
          />
        </Dialog>
      )}
      {revoking && (
        <Confirm
          title={t("revoke")}
          body={t("revokeTokenAsk", { name: revoking.name })}
          yes={t("revoke")}
          no={tShared("cancel")}
          isBusy={acting.isBusy}
          onYes={() => revoke(revoking)}
          onNo={() => setRevoking(undefined)}
        />
      )}
    </section>
  );
}

function TokenForm({
  base,
  permissions,
  onMade,
  onClose,
}: TokensProps & { onMade: () => void; onClose: () => void }) {
  const [made, setMade] = useState<MadeApiToken>();
  const acting = useActing(accessSentence);
  const make = async (form: HTMLFormElement) => {
    const expires_at = new Date(Date.now() + Number(textOf(form, "days")) * DAY_MS).toISOString();
    const chosen = new FormData(form).getAll("permission");
    const body = { name: textOf(form, "name"), permissions: chosen, expires_at };
    setMade(await proved(() => post<MadeApiToken>(`${base}/tokens`, body)));
    onMade();
  };
  if (made)
    return (
      <>
        <ShownOnce label={made.name} text={made.token} hint={t("tokenOnce")} />
        <div class="ui-actions">
          <Button onClick={onClose}>{tShared("close")}</Button>
        </div>
      </>
    );
  return (
    <form class="form" onSubmit={submits((form) => acting.run(() => make(form)))}>
      <Field label={t("tokenName")} name="name" maxLength={80} required autofocus error={acting.problem} />
      <Field
        label={t("days")}
        name="days"
        type="number"
        min={1}
        max={366}
        defaultValue={String(USUAL_DAYS)}
        required
      />
      <fieldset class="checks">
        <legend>{t("tokenMay")}</legend>
        {[...permissions].sort().map((permission) => (
          <label key={permission} class="check">
            <input
              type="checkbox"
              name="permission"
              value={permission}
              defaultChecked={permission.endsWith(".read")}
            />
            <code>{permission}</code>
          </label>
        ))}
      </fieldset>
      <div class="ui-actions">
        <Button onClick={onClose}>{tShared("cancel")}</Button>
        <Button type="submit" look="primary" isBusy={acting.isBusy} data-testid="token-save">
          {t("makeToken")}
        </Button>
      </div>
    </form>
  );
}
