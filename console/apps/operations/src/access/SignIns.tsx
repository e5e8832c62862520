/** Where somebody is signed in, and the ways to end that. */
import type { OpenSignIn } from "@nearhand/contract";
import { Button, dateTime, EmptyState, useLoad } from "@nearhand/ui";
import { get, remove, type Page } from "../rest";
import { Shown } from "../shell/Shown";
import { useActing } from "./acting";
import { Wrong } from "./SignIn";
import { t } from "./words";

const SHOWN = 100;

/** `base`: `/me` or `/users/{id}`. */
export function SignIns({ base }: { base: string }) {
  const open = useLoad(`${base}/sign-ins`, (signal) =>
    get<Page<OpenSignIn>>(`${base}/sign-ins`, { limit: SHOWN }, signal),
  );
  const acting = useActing();
  const end = (id?: string) =>
    void acting
      .run(() => remove(id ? `${base}/sign-ins/${id}` : `${base}/sign-ins`))
      .then((isDone) => isDone && open.reload());
  return (
    <section class="panel" aria-labelledby="sign-ins">
      <div class="panel-head">
        <h2 id="sign-ins">{t("signIns")}</h2>
        <span class="gap" />
        {(open.data?.items ?? []).some((one) => !one.is_this) && (
          <Button isBusy={acting.isBusy} onClick={() => end()} data-testid="end-all">
            {t(base === "/me" ? "endOthers" : "endAll")}
          </Button>
        )}
      </div>
      {acting.problem && <Wrong>{acting.problem}</Wrong>}
      <Shown of={open}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t("noSignIns")} />
          ) : (
            <ul class="rows" data-testid="sign-ins">
              {items.map((one) => (
                <li key={one.id}>
                  <div>
                    <b>{one.device_name || browserOf(one.user_agent) || t(`by_${one.kind}`)}</b>
                    {one.is_this && <span class="chip">{t("thisOne")}</span>}
                    {one.is_locked && <span class="chip">{t("lockedShort")}</span>}
                    <small>
                      {t(`by_${one.kind}`)} · {one.address} · {t("lastSeen")} {dateTime(one.last_seen_at)}
                    </small>
                  </div>
                  {!one.is_this && <Button onClick={() => end(one.id)}>{t("end")}</Button>}
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </section>
  );
}

/** The browser's and the system's name, as far as they are told. */
export function browserOf(agent: string): string {
  const browser = /(Firefox|Edg|OPR|Chrome|CriOS|FxiOS|Safari)\//.exec(agent)?.[1];
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent)?.[1];
  const names: Record<string, string> = { Edg: "Edge", OPR: "Opera", CriOS: "Chrome", FxiOS: "Firefox" };
  return [browser && (names[browser] ?? browser), system?.replace("Mac OS X", "macOS")]
    .filter(Boolean)
    .join(" · ");
}
