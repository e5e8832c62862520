/** Ask the service: refusals and silence come as errors, and both say how the link stands. */
import { API, Refusal, refusalFrom, Unreachable } from "@nearhand/contract";
import { signal } from "@preact/signals";

/** Whether the last request got any answer. */
export const isOffline = signal(!navigator.onLine);
/** Turned when an answer says that nobody is signed in any more. */
export const signedOut = signal(0);

addEventListener("offline", () => (isOffline.value = true));
addEventListener("online", () => (isOffline.value = false));

interface Sending {
  method?: "GET" | "POST" | "DELETE";
  json?: unknown;
  headers?: Record<string, string>;
}

const LEAVING = "nearhand.field.leaving";
let leaving: Promise<void> | undefined;

/** Whether somebody signed out here and the service has not heard of it: the cookie is still theirs. */
export const isLeaving = () => localStorage.getItem(LEAVING) !== null;

/** Sign out; out of reach, it is said before anything else is asked, also after a reload. */
export function leave(): Promise<void> {
  localStorage.setItem(LEAVING, "1");
  return (leaving ??= send("/sign-out", { method: "POST" })
    .then(
      () => localStorage.removeItem(LEAVING),
      (error: unknown) => {
        if (!(error instanceof Refusal && error.isUnauthenticated)) throw error;
        localStorage.removeItem(LEAVING);
      },
    )
    .finally(() => (leaving = undefined)));
}

export async function ask(path: string, sending: Sending = {}): Promise<Response> {
  const isSignIn = path === "/sign-in";
  if (isLeaving())
    await leave().catch((error: unknown) => {
      // Signing in replaces the cookie, so a service that cannot sign out does not lock everybody out.
      if (!isSignIn || error instanceof Unreachable) throw error;
    });
  const response = await send(path, sending);
  if (isSignIn) localStorage.removeItem(LEAVING);
  return response;
}

async function send(path: string, { method = "GET", json, headers }: Sending): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(API + path, {
      method,
      credentials: "same-origin",
      body: json === undefined ? null : JSON.stringify(json),
      headers: { ...(json === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
    });
  } catch (error) {
    isOffline.value = true;
    throw new Unreachable(String(error), { cause: error });
  }
  isOffline.value = false;
  if (response.ok) return response;
  if (response.status === 401 && path !== "/sign-in") signedOut.value++;
  throw await refusalFrom(response);
}

export async function get<T>(path: string): Promise<T> {
  return (await ask(path)).json() as Promise<T>;
}

export async function post<T>(path: string, json: unknown, headers: Record<string, string> = {}): Promise<T> {
  return (await ask(path, { method: "POST", json, headers })).json() as Promise<T>;
}

/** Lists come as pages or as plain arrays; a screen only wants the rows. */
export async function getRows<T>(path: string): Promise<T[]> {
  const answer = await get<T[] | { items: T[] }>(path);
  return Array.isArray(answer) ? answer : answer.items;
}
