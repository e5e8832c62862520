/** What one signs in with besides the password: an authenticator app with its recovery codes, and passkeys. */
import type { Passkey, RecoveryCodes, Strengthened, TotpOffer } from "@nearhand/contract";
import { Button, Confirm, date, Dialog, Field, notify, useLoad } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { submits, accessSentence, textOf, useActing } from "../access/acting";
import { me, recallMe, signInOptions } from "../access/identity";
import { addPasskey, canUsePasskeys } from "../access/passkeys";
import { proved } from "../access/proving";
import { Wrong } from "../access/SignIn";
import { t as tAccess } from "../access/words";
import { download } from "./codes";
import { get, post, remove } from "../rest";
import { Shown } from "../shell/Shown";
import { t as tShared } from "../words";
import { AppDialog } from "./AppDialog";
import { t } from "./words";

type Removing = { path: string; body: string };

export function Factors() {
  const [offer, setOffer] = useState<TotpOffer>();
  const [codes, setCodes] = useState<readonly string[]>();
  const [removing, setRemoving] = useState<Removing>();
  const acting = useActing(accessSentence);
  const factors = me.value?.factors;
  const start = () => acting.run(async () => setOffer(await proved(() => post<TotpOffer>("/me/totp", {}))));
  const renew = () =>
    acting.run(async () =>
      setCodes((await proved(() => post<RecoveryCodes>("/me/recovery-codes", {}))).codes),
    );
  const [turn, setTurn] = useState(0);
  const drop = async ({ path }: Removing) => {
    setRemoving(undefined);
    await acting.run(() => proved(() => remove(path)));
    await recallMe();
    setTurn(turn + 1);
  };
  const confirmed = async ({ codes: fresh }: Strengthened) => {
    setOffer(undefined);
    setCodes(fresh);
    await recallMe();
  };
  return (
    <section class="panel" aria-labelledby="factors" data-testid="factors">
      <h2 id="factors">{t("factors")}</h2>
      {acting.problem && <Wrong>{acting.problem}</Wrong>}
      <ul class="rows">
        <li>
          <div>
            <b>{t("app")}</b>
            <small>
              {factors?.has_totp
                ? t("appOn", { count: factors.recovery_codes_left })
                : t(factors?.is_led ? "appOffLed" : "appOff")}
            </small>
          </div>
          {factors?.has_totp ? (
            <span class="button-row">
              <Button onClick={() => void renew()}>{t("newCodes")}</Button>
              <Button onClick={() => setRemoving({ path: "/me/totp", body: t("removeAppAsk") })}>
                {tShared("remove")}
              </Button>
            </span>
          ) : (
            <Button onClick={() => void start()} isBusy={acting.isBusy} data-testid="add-app">
              {tShared("add")}
            </Button>
          )}
        </li>
      </ul>
      {!factors?.is_led && <Passkeys turn={turn} onRemove={setRemoving} />}
      {offer && (
        <AppDialog
          offer={offer}
          onConfirmed={(given) => void confirmed(given)}
          onClose={() => setOffer(undefined)}
        />
      )}
      {codes && <Codes codes={codes} onClose={() => setCodes(undefined)} />}
      {removing && (
        <Confirm
          title={tShared("remove")}
          body={removing.body}
          yes={tShared("remove")}
          no={tShared("cancel")}
          onYes={() => void drop(removing)}
          onNo={() => setRemoving(undefined)}
        />
      )}
    </section>
  );
}

function Codes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  return (
    <Dialog title={t("codes")} onClose={onClose}>
      <p>{t("codesHint")}</p>
      <ul class="codes" data-testid="codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div class="ui-actions">
        <Button onClick={() => download(codes)}>{t("saveCodes")}</Button>
        <Button look="primary" onClick={onClose} data-testid="codes-kept">
          {t("codesKept")}
        </Button>
      </div>
    </Dialog>
  );
}

function Passkeys({ turn, onRemove }: { turn: number; onRemove: (what: Removing) => void }) {
  const options = useLoad("sign-in", signInOptions);
  const passkeys = useLoad(`passkeys/${turn}`, (signal) => get<Passkey[]>("/me/passkeys", {}, signal));
  const [isNaming, setNaming] = useState(false);
  const acting = useActing(accessSentence);
  const isOffered = options.data?.has_passkeys && canUsePasskeys();
  const add = async (name: string) => {
    await proved(() => addPasskey(name));
    setNaming(false);
    notify(t("passkeyAdded"), "good");
    passkeys.reload();
    await recallMe();
  };
  return (
    <>
      <div class="panel-head">
        <h3>{t("passkeys")}</h3>
        <span class="gap" />
        {isOffered && (
          <Button onClick={() => setNaming(true)} data-testid="add-passkey">
            {t("addPasskey")}
          </Button>
        )}
      </div>
      <Shown of={passkeys}>
        {(items) =>
          items.length === 0 ? (
            <p class="soft">{t(isOffered ? "noPasskeys" : "noPasskeysHere")}</p>
          ) : (
            <ul class="rows" data-testid="passkeys">
              {items.map((one) => (
                <li key={one.id}>
                  <div>
                    <b>{one.name}</b>
                    <small>
                      {tAccess("since")} {date(one.created_at)}
                      {one.is_synced && ` · ${t("synced")}`}
                    </small>
                  </div>
                  <Button
                    onClick={() =>
                      onRemove({
                        path: `/me/passkeys/${one.id}`,
                        body: t("removePasskeyAsk", { name: one.name }),
                      })
                    }
                  >
                    {tShared("remove")}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      {isNaming && (
        <Dialog title={t("addPasskey")} onClose={() => setNaming(false)}>
          <form class="form" onSubmit={submits((form) => acting.run(() => add(textOf(form, "name"))))}>
            <Field
              label={t("passkeyName")}
              name="name"
              maxLength={80}
              hint={t("passkeyNameHint")}
              required
              autofocus
              error={acting.problem}
            />
            <div class="ui-actions">
              <Button onClick={() => setNaming(false)}>{tShared("cancel")}</Button>
              <Button type="submit" look="primary" isBusy={acting.isBusy} data-testid="passkey-save">
                {tShared("add")}
              </Button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
