/** Ask the service over REST: typed by the contract, refusals as errors that say why. */

import createClient, { type Client } from "openapi-fetch";
import type { paths } from "./generated";

/** Where every REST path begins. */
export const API = "/api/v1";

/** The contract's paths as seen from {@link API}: `/devices`, not `/api/v1/devices`. */
export type ApiPaths = {
  [P in keyof paths as P extends `${typeof API}${infer Rest}` ? Rest : never]: paths[P];
};

/** One faulty field or row, as problem details list them. */
export interface FieldError {
  where?: readonly string[];
  message?: string;
  [fact: string]: unknown;
}

/** The service said no, and why: problem details (RFC 9457) as an error. Choose what to do by `code`. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly errors: readonly FieldError[] = [],
  ) {
    super(detail || title);
  }

  /** Whether nobody is signed in (any more): show the sign-in page. */
  get isUnauthenticated(): boolean {
    return this.status === 401;
  }

  /** Whether somebody changed the thing since it was read: show both, let the person choose. */
  get isStale(): boolean {
    return this.status === 412;
  }
}

/** No answer came: offline, or the service is down. Show what is stored, with its age. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** A typed client; `base` is only given where the page is not served by the service itself. */
export function createApi(base: string = API, fetchLike?: typeof fetch): Client<ApiPaths> {
  // Looked up at each call, so that a test or a service worker shim may replace it.
  const call = fetchLike ?? ((request: Request) => globalThis.fetch(request));
  return createClient<ApiPaths>({
    baseUrl: base,
    credentials: "same-origin",
    fetch: call as (r: Request) => Promise<Response>,
  });
}

/** The client both apps use: `await answer(api.GET("/me"))`. */
export const api: Client<ApiPaths> = /* @__PURE__ */ createApi();

/** What was answered, or a thrown {@link Refusal} or {@link Unreachable}. */
export async function answer<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await reach(call);
  if (!response.ok) throw asRefusal(response, error);
  return data as T;
}

let uploaded = 0;

/** What this page has sent by {@link sendBytes}, or tried to. */
export const uploadedBytes = (): number => uploaded;

/**
 * Send bytes as they are (stills, attachments, imports) and return the JSON answer.
 * `path` begins after {@link API}: `/sessions/…/stills`.
 */
export async function sendBytes<T>(
  path: string,
  body: Blob | ArrayBuffer | Uint8Array<ArrayBuffer>,
  options: {
    method?: "PUT";
    type?: string;
    headers?: Record<string, string>;
    signal?: AbortSignal;
    base?: string;
  } = {},
): Promise<T> {
  const type = options.type ?? (body instanceof Blob ? body.type : "");
  uploaded += body instanceof Blob ? body.size : body.byteLength;
  const response = await reach(
    globalThis.fetch((options.base ?? API) + path, {
      method: options.method ?? "POST",
      body,
      credentials: "same-origin",
      headers: { "Content-Type": type || "application/octet-stream", ...options.headers },
      signal: options.signal ?? null,
    }),
  );
  if (!response.ok) throw await refusalFrom(response);
  return (await response.json()) as T;
}

/** The refusal an error response carries; also of answers that are no problem details (a proxy's page). */
export async function refusalFrom(response: Response): Promise<Refusal> {
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // A proxy's page, or nothing: the status says enough.
  }
  return asRefusal(response, body);
}

async function reach<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function asRefusal(response: Response, body: unknown): Refusal {
  const facts = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const text = (key: string, otherwise: string) =>
    typeof facts[key] === "string" ? (facts[key] as string) : otherwise;
  return new Refusal(
    response.status,
    text("code", "http_error"),
    text("title", response.statusText || `HTTP ${response.status}`),
    text("detail", ""),
    Array.isArray(facts["errors"]) ? (facts["errors"] as FieldError[]) : [],
  );
}
