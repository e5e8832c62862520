/** Ask the service: refusals and silence come as errors, and losing the sign-in shows the sign-in page. */
import { API, refusalFrom, signOutFirst, Unreachable } from "@nearhand/contract";
import { signal } from "@preact/signals";

/** Turned when an answer says that nobody is signed in any more. */
export const signedOut = signal(0);

/** What was given as proof is wrong; whoever is signed in stays so. */
const WRONG_PROOF: ReadonlySet<string> = new Set([
  "wrong_credentials",
  "wrong_code",
  "wrong_passkey",
  "wrong_pin",
  "ticket_dead",
]);

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Page<T> {
  items: T[];
  total: number;
  limit: number;
  offset: number;
}

export interface Versioned<T> {
  data: T;
  etag: string;
}

interface Sending {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: Query | undefined;
  json?: unknown;
  body?: BodyInit;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

export function address(path: string, query: Query = {}): string {
  const filled = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  const search = new URLSearchParams(filled.map(([key, value]) => [key, String(value)])).toString();
  return API + path + (search && `?${search}`);
}

/** No request goes out on the cookie of somebody who has signed out; `leave` signs out. */
const door = signOutFirst<Sending>(request);
export const { leave } = door;

/** One request; anything but success is thrown. */
export const ask = (path: string, sending: Sending = {}): Promise<Response> => door.ask(path, sending);

async function request(path: string, { method = "GET", query, json, body, headers, signal }: Sending) {
  let response: Response;
  try {
    response = await fetch(address(path, query), {
      method,
      credentials: "same-origin",
      body: json === undefined ? (body ?? null) : JSON.stringify(json),
      headers: { ...(json === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      signal: signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable(String(error), { cause: error });
  }
  if (response.ok) return response;
  const refusal = await refusalFrom(response);
  if (refusal.isUnauthenticated && !WRONG_PROOF.has(refusal.code)) signedOut.value++;
  throw refusal;
}

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await ask(path, { query, signal })).json() as Promise<T>;
}

export async function getVersioned<T>(path: string, signal?: AbortSignal): Promise<Versioned<T>> {
  return versioned<T>(await ask(path, { signal }));
}

export async function post<T>(path: string, json: unknown): Promise<T> {
  return (await ask(path, { method: "POST", json })).json() as Promise<T>;
}

/** Where the answer says nothing but that it is done. */
export async function send(
  path: string,
  json: unknown,
  method: "POST" | "PATCH" | "PUT" = "POST",
): Promise<void> {
  await ask(path, { method, json });
}

export async function put<T>(path: string, json: unknown, etag: string): Promise<Versioned<T>> {
  return versioned<T>(await ask(path, { method: "PUT", json, headers: { "If-Match": etag } }));
}

export async function remove(path: string, etag?: string): Promise<void> {
  await ask(path, { method: "DELETE", headers: etag ? { "If-Match": etag } : {} });
}

async function versioned<T>(response: Response): Promise<Versioned<T>> {
  return { etag: response.headers.get("etag") ?? "", data: (await response.json()) as T };
}

/** Hand a file the service makes to the person, under the name the service gives it. */
export async function download(path: string, name: string, sending: Sending = {}): Promise<void> {
  const blob = await (await ask(path, sending)).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
