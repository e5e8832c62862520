/** One account: what it may do and where, how it signs in, where it is signed in; switched on or off. */
import type { Account, Grant, Permission, ResetLink } from "@nearhand/contract";
import { Button, Confirm, date, Dialog, notify, useLoad } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { useActing } from "../access/acting";
import { GrantChips, loadPlaces, type GrantPlaces } from "../access/GrantChips";
import { me } from "../access/identity";
import { proved } from "../access/proving";
import { ShownOnce } from "../access/ShownOnce";
import { Wrong } from "../access/SignIn";
import { SignIns } from "../access/SignIns";
import { Tokens } from "../access/Tokens";
import { t as tAccess } from "../access/words";
import { get, post, remove, send } from "../rest";
import { paths } from "../routes";
import { Shown } from "../shell/Shown";
import { t as tShared } from "../words";
import { mayGive } from "./grants";
import { GrantsEditor } from "./GrantsEditor";
import { factorWords } from "./PeoplePage";
import { StateFlag } from "./StateFlag";
import { t } from "./words";

export function PersonPage({ id }: { id: string }) {
  const account = useLoad(`person/${id}`, (signal) => get<Account>(`/users/${id}`, {}, signal));
  const places = useLoad("grant-places", loadPlaces);
  const [turn, setTurn] = useState(0);
  const changed = () => {
    account.reload();
    setTurn(turn + 1); // switching off and new factors end sign-ins
  };
  return (
    <div class="page">
      <Shown of={account}>
        {(one) => <Person one={one} places={places.data} turn={turn} onChange={changed} />}
      </Shown>
    </div>
  );
}

interface PersonProps {
  one: Account;
  places: GrantPlaces | undefined;
  onChange: () => void;
}

function Person({ one, places, turn, onChange }: PersonProps & { turn: number }) {
  const isOwn = one.id === me.value?.user_id;
  return (
    <>
      <header class="page-head">
        <div>
          <a class="soft" href={paths.people}>
            {tAccess("people")}
          </a>
          <h1>{one.display_name}</h1>
        </div>
        <StateFlag isActive={one.is_active} />
        <span class="soft">
          <code>{one.name}</code> · {one.email ?? t("noEmail")} · {tAccess("since")} {date(one.created_at)}
        </span>
      </header>
      {isOwn && (
        <p class="notice">
          {t("own")} <a href={paths.account}>{tShared("account")}</a>
        </p>
      )}
      <GrantsPanel one={one} places={places} isOwn={isOwn} onChange={onChange} />
      {!isOwn && <WaysIn one={one} onChange={onChange} />}
      <SignIns key={turn} base={isOwn ? "/me" : `/users/${one.id}`} />
      {one.kind === "service" && (
        <Tokens base={`/users/${one.id}`} permissions={me.value?.permissions ?? ([] as Permission[])} />
      )}
    </>
  );
}

function GrantsPanel({ one, places, isOwn, onChange }: PersonProps & { isOwn: boolean }) {
  const [edited, setEdited] = useState<Grant[]>();
  const acting = useActing();
  const own = me.value?.grants ?? [];
  const save = async () => {
    await proved(() => send(`/users/${one.id}/grants`, { grants: edited }, "PUT"));
    setEdited(undefined);
    notify(tShared("saved"), "good");
    onChange();
  };
  return (
    <section class="panel" aria-labelledby="grants">
      <div class="panel-head">
        <h2 id="grants">{t("grants")}</h2>
        <span class="gap" />
        {!isOwn && places && !one.factors.is_led && (
          <Button onClick={() => setEdited([...one.grants])} data-testid="edit-grants">
            {tShared("edit")}
          </Button>
        )}
      </div>
      <GrantChips grants={one.grants} places={places} />
      {one.factors.is_led && <p class="soft">{tAccess("ledByProvider")}</p>}
      {edited && places && (
        <Dialog title={`${t("grants")}: ${one.display_name}`} onClose={() => setEdited(undefined)} isWide>
          <GrantsEditor grants={edited} places={places} onChange={setEdited} />
          {acting.problem && <Wrong>{acting.problem}</Wrong>}
          <div class="ui-actions">
            <Button onClick={() => setEdited(undefined)}>{tShared("cancel")}</Button>
            <Button
              look="primary"
              isBusy={acting.isBusy}
              disabled={!edited.every((grant) => mayGive(grant, own))}
              onClick={() => void acting.run(save)}
              data-testid="save-grants"
            >
              {tShared("save")}
            </Button>
          </div>
        </Dialog>
      )}
    </section>
  );
}

type Asked = "off" | "factors";

function WaysIn({ one, onChange }: { one: Account; onChange: () => void }) {
  const [asked, setAsked] = useState<Asked>();
  const [link, setLink] = useState<ResetLink>();
  const acting = useActing();
  const act = (what: () => Promise<unknown>) => {
    setAsked(undefined);
    void acting.run(() => proved(what)).then((isDone) => isDone && onChange());
  };
  const setActive = (is_active: boolean) => act(() => send(`/users/${one.id}`, { is_active }, "PATCH"));
  const mayReset = one.kind === "person" && !one.factors.is_led;
  const hasFactors = one.factors.has_totp || one.factors.passkeys > 0;
  return (
    <section class="panel" aria-labelledby="ways-in">
      <h2 id="ways-in">{t("waysIn")}</h2>
      <p class="soft">{factorWords(one)}</p>
      {acting.problem && <Wrong>{acting.problem}</Wrong>}
      <div class="panel-head">
        {mayReset && (
          <Button
            isBusy={acting.isBusy}
            onClick={() => act(async () => setLink(await post<ResetLink>(`/users/${one.id}/reset-link`, {})))}
            data-testid="reset-link"
          >
            {t("resetLink")}
          </Button>
        )}
        {hasFactors && (
          <Button onClick={() => setAsked("factors")} data-testid="remove-factors">
            {t("removeFactors")}
          </Button>
        )}
        <Button
          look={one.is_active ? "danger" : "plain"}
          isBusy={acting.isBusy}
          onClick={() => (one.is_active ? setAsked("off") : setActive(true))}
          data-testid="switch"
        >
          {tAccess(one.is_active ? "switchOff" : "switchOn")}
        </Button>
      </div>
      {asked && (
        <Confirm
          title={asked === "off" ? tAccess("switchOff") : t("removeFactors")}
          body={
            asked === "off"
              ? tAccess("switchOffAsk", { name: one.display_name })
              : t("removeFactorsAsk", { name: one.display_name })
          }
          yes={asked === "off" ? tAccess("switchOff") : t("removeFactors")}
          no={tShared("cancel")}
          onYes={() => (asked === "off" ? setActive(false) : act(() => remove(`/users/${one.id}/factors`)))}
          onNo={() => setAsked(undefined)}
        />
      )}
      {link && (
        <Dialog title={t("resetLink")} onClose={() => setLink(undefined)}>
          <ShownOnce label={t("resetLink")} text={link.url} qrSvg={link.qr_svg} hint={t("resetOnce")} />
          <div class="ui-actions">
            <Button onClick={() => setLink(undefined)}>{tShared("close")}</Button>
          </div>
        </Dialog>
      )}
    </section>
  );
}
