/** Ask the service: refusals and silence come as errors, and both say how the link stands. */
import { API, refusalFrom, signOutFirst, Unreachable } from "@nearhand/contract";
import { signal } from "@preact/signals";

/** Whether the last request got any answer. */
export const isOffline = signal(!navigator.onLine);
/** Turned when an answer says that nobody is signed in any more. */
export const signedOut = signal(0);
/** Turned when an answer says that this device is locked. */
export const lockedOut = signal(0);

addEventListener("offline", () => (isOffline.value = true));
addEventListener("online", () => (isOffline.value = false));

interface Sending {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  json?: unknown;
  headers?: Record<string, string>;
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
  const refusal = await refusalFrom(response);
  if (refusal.code === "locked") lockedOut.value++;
  else if (response.status === 401 && !isStep(refusal.code, path)) signedOut.value++;
  throw refusal;
}

/** A secret was wrong: whoever is signed in still is. Only the last wrong PIN says so with the words of a wrong password. */
const isStep = (code: string, path: string) =>
  WRONG_SECRET.has(code) || (code === "wrong_credentials" && path !== "/me/unlock");
const WRONG_SECRET = new Set(["wrong_pin", "wrong_code", "wrong_passkey", "ticket_dead"]);

/** No request goes out on the cookie of somebody who has signed out; `leave` signs out. */
const door = signOutFirst<Sending>(send);
export const { leave } = door;

export const ask = (path: string, sending: Sending = {}): Promise<Response> => door.ask(path, sending);

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
