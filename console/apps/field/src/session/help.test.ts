// @vitest-environment happy-dom
import type { Actor } from "@nearhand/contract";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { actor, signOut } from "../access/identity";
import { askForHelp, forgetHelp, helpDelay, waitingHelp } from "./help";

const person = (participant_id: string) => ({ participant_id }) as Actor;
const STORED = "nearhand.field.help";

/** What the service answers, one after the other; the last again and again. */
let answers: (() => Response)[];
let asked: { path: string; key: string | null; json: unknown }[];

const status = (code: number) => () => new Response("{}", { status: code });
const beingAnswered = () => Response.json({ code: "being_answered", title: "", detail: "" }, { status: 409 });
const opened = () => Response.json({ id: "s1" }, { status: 201 });

beforeEach(() => {
  asked = [];
  vi.stubGlobal("fetch", async (path: string, { headers, body }: RequestInit) => {
    const json: unknown = body ? JSON.parse(body as string) : null;
    asked.push({ path, key: new Headers(headers).get("Idempotency-Key"), json });
    return (answers.length > 1 ? answers.shift()! : answers[0]!)();
  });
  forgetHelp();
  actor.value = person("me");
});
afterEach(() => void vi.unstubAllGlobals());

describe("a call for help", () => {
  it.each([401, 408, 429, 500, 502, 503])("outlives a %i, and goes out under the same key", async (code) => {
    answers = [status(code), opened];
    await askForHelp("d1", "smoke");
    actor.value = person("me");
    expect(waitingHelp.value).toMatchObject({ participant_id: "me", device_id: "d1", subject: "smoke" });
    expect(localStorage.getItem(STORED)).toContain("smoke");
    window.dispatchEvent(new Event("offline"));
    window.dispatchEvent(new Event("online"));
    await vi.waitFor(() => expect(localStorage.getItem(STORED)).toBeNull());
    expect(asked).toHaveLength(2);
    expect(asked[1]).toEqual(asked[0]);
    expect(asked[0]!.json).toEqual({ device_id: "d1", subject: "smoke" });
  });

  it.each([
    [408, "busy"],
    [429, "busy"],
    [500, "failing"],
    [503, "failing"],
  ])("after a %i is said to wait because the service is %s, not for want of a line", async (code, delay) => {
    answers = [status(code)];
    await askForHelp(null, "smoke");
    expect(helpDelay.value).toBe(delay);
  });

  it("out of reach is said to wait for a line", async () => {
    answers = [() => Promise.reject(new TypeError("Failed to fetch")) as never];
    await askForHelp(null, "smoke");
    expect(helpDelay.value).toBe("offline");
  });

  it("whose first try is being answered just now is asked about again soon, by itself", async () => {
    vi.useFakeTimers();
    answers = [beingAnswered, opened];
    await askForHelp(null, "smoke");
    expect(helpDelay.value).toBe("busy");
    await vi.advanceTimersByTimeAsync(1500);
    vi.useRealTimers();
    expect(waitingHelp.value).toBeNull();
    expect(asked[1]).toEqual(asked[0]);
  });

  it.each([403, 404, 409, 422])("is over with a %i, and the refusal is told", async (code) => {
    answers = [status(code)];
    await expect(askForHelp(null, "smoke")).rejects.toMatchObject({ status: code });
    expect(waitingHelp.value).toBeNull();
    expect(localStorage.getItem(STORED)).toBeNull();
  });

  it("is neither shown to nor sent for another person, and waits for its own", async () => {
    answers = [status(503), opened];
    await askForHelp(null, "smoke");
    actor.value = person("other");
    expect(waitingHelp.value).toBeNull();
    window.dispatchEvent(new Event("offline"));
    window.dispatchEvent(new Event("online"));
    expect(asked).toHaveLength(1);
    actor.value = person("me");
    expect(waitingHelp.value).toMatchObject({ subject: "smoke" });
  });

  it("is forgotten when its person signs out", async () => {
    answers = [status(503), () => new Response(null, { status: 204 })];
    await askForHelp(null, "smoke");
    await signOut();
    expect(localStorage.getItem(STORED)).toBeNull();
    actor.value = person("me");
    expect(waitingHelp.value).toBeNull();
  });
});
