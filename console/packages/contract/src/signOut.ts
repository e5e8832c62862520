/** Sign out for sure: what the service has not heard is said before anything else is asked, by either app. */

import { Refusal, Unreachable } from "./client";

/** Both apps share an origin, a cookie, and so this: "pending" until the service has heard it, then "done". */
const STORED = "nearhand.signed-out";
const LOCK = "nearhand-sign-out";
/** Posting to these replaces the cookie. */
const ENTRANCES: ReadonlySet<string> = new Set([
  "/sign-in",
  "/sign-in/code",
  "/sign-in/passkey",
  "/join",
  "/invitations/accept",
  "/enrolments/use",
]);
/** What the way in asks of nobody in particular. */
const DOORSTEPS: ReadonlySet<string> = new Set([
  "/sign-in/passkey/options",
  "/invitations/show",
  "/enrolments/show",
  "/demo",
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
export function signOutFirst<S extends object>(send: Send<S>): Door<S> {
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
    const isWayIn = ENTRANCES.has(path) || DOORSTEPS.has(path);
    if (isLeaving())
      await tell().catch((error: unknown) => {
        // Signing in replaces the cookie, so a service that cannot sign out does not lock everybody out.
        if (!isWayIn || error instanceof Unreachable) throw error;
      });
    const response = await send(path, sending);
    const isEntering = ENTRANCES.has(path) && "method" in sending && sending.method === "POST";
    if (isEntering && !(await wantsMore(response))) globalThis.localStorage.removeItem(STORED);
    return response;
  }

  globalThis.addEventListener?.("online", () => isLeaving() && void tell().catch(() => undefined));
  return { ask, leave };
}

/** A right password that a second step must follow has replaced no cookie yet. */
async function wantsMore(response: Response): Promise<boolean> {
  const answer = (await response
    .clone()
    .json()
    .catch(() => null)) as { needs?: unknown } | null;
  return answer?.needs !== undefined;
}

async function alone(act: () => Promise<void>): Promise<void> {
  const locks = globalThis.navigator.locks as LockManager | undefined; // browsers have it on https and localhost only
  await (locks ? locks.request(LOCK, act) : act());
}
