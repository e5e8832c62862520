// @vitest-environment happy-dom
import "fake-indexeddb/auto";
import type { Actor } from "@nearhand/contract";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { open } from "../session/room";
import { actor, restoreSignIn, signIn, signOut } from "./identity";

const PERSON = { participant_id: "me" } as Actor;

/** A service whose cookie the page cannot touch. */
let isReachable: boolean;
let signOutStatus: number;
let cookie: Actor | null;
let asked: string[];

beforeEach(() => {
  localStorage.clear();
  [isReachable, signOutStatus, cookie, asked] = [true, 204, PERSON, []];
  vi.stubGlobal("fetch", async (address: string) => {
    if (!isReachable) throw new TypeError("Failed to fetch");
    const path = address.replace("/api/v1", "");
    asked.push(path);
    if (path === "/sign-in")
      return Response.json({ actor: (cookie = { ...PERSON, participant_id: "next" }) });
    if (!cookie) return Response.json({}, { status: 401 });
    if (path === "/me") return Response.json(cookie);
    if (signOutStatus === 204) cookie = null;
    return new Response(null, { status: signOutStatus });
  });
  actor.value = PERSON;
});
afterEach(() => void vi.unstubAllGlobals());

describe("signing out", () => {
  it("out of reach, leaves nobody signed in after a reload, and tells the service first", async () => {
    isReachable = false;
    await signOut();
    expect(actor.value).toBeNull();
    await restoreSignIn();
    expect(actor.value).toBeNull();
    isReachable = true;
    await restoreSignIn();
    expect(actor.value).toBeNull();
    expect(asked).toEqual(["/sign-out"]);
    expect(cookie).toBeNull();
  });

  it("out of reach, is told before the next person signs in, and does not sign that one out", async () => {
    isReachable = false;
    await signOut();
    isReachable = true;
    await signIn("next", "password");
    expect(asked.slice(0, 2)).toEqual(["/sign-out", "/sign-in"]);
    await restoreSignIn();
    expect(actor.value).toMatchObject({ participant_id: "next" });
    expect(asked.filter((path) => path === "/sign-out")).toHaveLength(1);
  });

  it("that the service cannot take shows nobody, and does not keep the next person out", async () => {
    signOutStatus = 503;
    await signOut();
    await restoreSignIn();
    expect(actor.value).toBeNull();
    await signIn("next", "password");
    await restoreSignIn();
    expect(actor.value).toMatchObject({ participant_id: "next" });
  });

  it("out of reach, is told as soon as the network is back, and closes the open session at once", async () => {
    const close = vi.fn(async () => undefined);
    open.value = { close } as never;
    isReachable = false;
    await signOut();
    expect(close).toHaveBeenCalledOnce();
    isReachable = true;
    window.dispatchEvent(new Event("online"));
    await vi.waitFor(() => expect(cookie).toBeNull());
    expect(asked).toEqual(["/sign-out"]);
  });

  it("is over when nobody was signed in any more", async () => {
    cookie = null;
    await signOut();
    await restoreSignIn();
    expect(asked).toEqual(["/sign-out", "/me"]);
  });

  it("in the console, which shares the cookie, leaves nobody here, also without a line", async () => {
    await restoreSignIn(); // remembers who is here
    localStorage.setItem("nearhand.signed-out", "done");
    isReachable = false;
    await restoreSignIn();
    expect(actor.value).toBeNull();
  });

  it("in another page is heard at once", async () => {
    window.dispatchEvent(new StorageEvent("storage", { key: "nearhand.signed-out", newValue: "pending" }));
    await vi.waitFor(() => expect(actor.value).toBeNull());
  });
});
