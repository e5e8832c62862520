// @vitest-environment happy-dom
import type { Me } from "@nearhand/contract";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hasExpired, forgetMe, me, recallMe, signIn, signInByCode, signOut } from "./identity";

const PERSON = { participant_id: "me" } as Me;

/** A service whose cookie the page cannot touch. */
let isReachable: boolean;
let cookie: Me | null;
let asked: string[];

beforeEach(() => {
  localStorage.clear();
  [isReachable, cookie, asked] = [true, PERSON, []];
  vi.stubGlobal("fetch", async (address: string) => {
    if (!isReachable) throw new TypeError("Failed to fetch");
    const path = address.replace("/api/v1", "");
    asked.push(path);
    if (!cookie) return Response.json({}, { status: 401 });
    if (path === "/me") return Response.json(cookie);
    cookie = null;
    return new Response(null, { status: 204 });
  });
  me.value = PERSON;
});
afterEach(() => void vi.unstubAllGlobals());

describe("the console", () => {
  it("signed out while out of reach shows nobody, also after a reload, and tells the service first", async () => {
    isReachable = false;
    await signOut();
    expect(me.value).toBeNull();
    await recallMe();
    expect(me.value).toBeNull();
    isReachable = true;
    await recallMe();
    expect(asked).toEqual(["/sign-out"]);
    expect([me.value, cookie]).toEqual([null, null]);
  });

  it("honours that somebody signed out in the field app, which shares its cookie, while out of reach", async () => {
    localStorage.setItem("nearhand.signed-out", "pending");
    window.dispatchEvent(new StorageEvent("storage", { key: "nearhand.signed-out", newValue: "pending" }));
    expect(me.value).toBeNull();
    await recallMe();
    expect([me.value, cookie]).toEqual([null, null]);
    expect(asked[0]).toBe("/sign-out");
  });

  it("knows nobody after a right password that wants a second step, and somebody after that step", async () => {
    me.value = null;
    vi.stubGlobal("fetch", async (address: string) => {
      if (address.endsWith("/sign-in")) return Response.json({ needs: ["totp"], ticket: "t" });
      return Response.json(address.endsWith("/me") ? PERSON : { actor: PERSON });
    });
    expect(await signIn("name", "password")).toEqual({ needs: ["totp"], ticket: "t" });
    expect(me.value).toBeNull();
    await signInByCode("t", "123456");
    expect(me.value).toEqual(PERSON);
  });

  it("says so when a sign-in ended by itself, and not when somebody signed out", async () => {
    forgetMe();
    expect([me.value, hasExpired.value]).toEqual([null, true]);
    me.value = PERSON;
    await signOut();
    forgetMe();
    expect(hasExpired.value).toBe(false);
  });
});
