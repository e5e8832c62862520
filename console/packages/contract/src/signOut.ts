/** Sign out for sure: what the service has not heard is said before anything else is asked, by either app. */

import { Refusal, Unreachable } from "./client";

/** Both apps share an origin, a cookie, and so this: "pending" until the service has heard it, then "done". */
const STORED = "nearhand.signed-out";
const LOCK = "nearhand-sign-out";
/** These lead to a new cookie. It is there as soon as an answer says who is in: the first step may be one of two. */
const ENTRANCES: ReadonlySet<string> = new Set([
  "/sign-in",
  "/sign-in/code",
  "/sign-in/passkey/options",
  "/sign-in/passkey",
  "/sign-in/provider",
  "/sign-in/provider/finish",
  "/join",
  "/invitations/show",
  "/invitations/accept",
  "/enrolments/show",
  "/enrolments/use",
]);

/** Whether somebody signed out here and the service has not heard of it: the cookie is still theirs. */
export const isLeaving = (): boolean => globalThis.localStorage.getItem(STORED) === "pending";

/** Whether whoever was here last has signed out, in either app: what is remembered of them is not to be shown. */
export const hasLeft = (): boolean => globalThis.localStorage.getItem(STORED) !== null;

/** Called when somebody signs out in another page of this browser, of either app. */
export function onLeft(listener: () => void): void {
  globalThis.addEventListener?.("storage", (event: Event) => {
    const { key, newValue } = event as StorageEvent;
    if (key === STORED && newValue !== null) listener();
  });
}

/** One request to the service; anything but success is thrown. */
type Send<S> = (path: string, sending: S | { method: "POST" }) => Promise<Response>;

export interface Door<S> {
  ask: Send<S>;
  /** Sign out. Rejects while the service cannot be told; it is told as soon as it can be, also after a reload. */
  leave(): Promise<void>;
}

/** A door to the service that nobody passes on the cookie of a person who has signed out. */
export function signOutFirst<S>(send: Send<S>): Door<S> {
  let leaving: Promise<void> | undefined;

  function leave(): Promise<void> {
    globalThis.localStorage.setItem(STORED, "pending");
    return tell();
  }

  /** One page at a time: a late answer to a second one would take away the cookie of whoever came next. */
  const tell = () =>
    (leaving ??= alone(async () => {
      if (!isLeaving()) return;
      await send("/sign-out", { method: "POST" }).catch((error: unknown) => {
        if (!(error instanceof Refusal && error.isUnauthenticated)) throw error;
      });
      globalThis.localStorage.setItem(STORED, "done");
    }).finally(() => (leaving = undefined)));

  async function ask(path: string, sending: S | { method: "POST" }): Promise<Response> {
    const isEntrance = ENTRANCES.has(path);
    if (isLeaving())
      await tell().catch((error: unknown) => {
        // Signing in replaces the cookie, so a service that cannot sign out does not lock everybody out.
        if (!isEntrance || error instanceof Unreachable) throw error;
      });
    const response = await send(path, sending);
    if (isEntrance && (await letsIn(response))) globalThis.localStorage.removeItem(STORED);
    return response;
  }

  globalThis.addEventListener?.("online", () => isLeaving() && void tell().catch(() => undefined));
  return { ask, leave };
}

async function letsIn(response: Response): Promise<boolean> {
  return "actor" in ((await response.clone().json()) as object);
}

async function alone(act: () => Promise<void>): Promise<void> {
  const locks = globalThis.navigator.locks as LockManager | undefined; // browsers have it on https and localhost only
  await (locks ? locks.request(LOCK, act) : act());
}
