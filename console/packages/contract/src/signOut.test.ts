// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refusal, Unreachable } from "./client";
import { hasLeft, isLeaving, onLeft, signOutFirst } from "./signOut";

let asked: string[];
let answer: (path: string) => unknown;

/** A page of either app; both have the same storage and cookie. */
const page = () =>
  signOutFirst<object>(async (path) => {
    asked.push(path);
    return Response.json(answer(path) ?? { actor: {} });
  });

const outOfReach = () => {
  throw new Unreachable("no line");
};

beforeEach(() => {
  localStorage.clear();
  asked = [];
  answer = () => undefined;
});
afterEach(() => void vi.unstubAllGlobals());

describe("signing out", () => {
  it("out of reach in one app, is told by the other before it asks anything", async () => {
    answer = outOfReach;
    await expect(page().leave()).rejects.toThrow(Unreachable);
    expect(isLeaving()).toBe(true);
    answer = () => undefined;
    asked = [];
    const other = page();
    await other.ask("/me", {});
    await other.ask("/devices", {});
    expect(asked).toEqual(["/sign-out", "/me", "/devices"]);
    expect([isLeaving(), hasLeft()]).toEqual([false, true]);
  });

  it.each([
    "/sign-in",
    "/sign-in/code",
    "/sign-in/passkey",
    "/sign-in/provider/finish",
    "/enrolments/use",
    "/join",
  ])("is over once somebody has come in by %s", async (entrance) => {
    const door = page();
    await door.leave();
    expect(hasLeft()).toBe(true);
    await door.ask(entrance, {});
    expect(hasLeft()).toBe(false);
  });

  it("is not over while the second step of signing in is still to come", async () => {
    const door = page();
    await door.leave();
    answer = () => ({ needs: ["totp"], ticket: "t" });
    await door.ask("/sign-in", {});
    expect(hasLeft()).toBe(true);
    answer = () => undefined;
    await door.ask("/sign-in/code", {});
    expect(hasLeft()).toBe(false);
  });

  it("lets nothing else pass while the service cannot be told, save the next person's signing in", async () => {
    answer = (path) => {
      if (path === "/sign-out") throw new Refusal(503, "unavailable", "", "");
    };
    const door = page();
    await expect(door.leave()).rejects.toThrow(Refusal);
    await expect(door.ask("/me", {})).rejects.toThrow(Refusal);
    await door.ask("/sign-in", {});
    await door.ask("/me", {});
    expect(asked).toEqual(["/sign-out", "/sign-out", "/sign-out", "/sign-in", "/me"]);
  });

  it("is told once by many pages, and never after the next person has come in", async () => {
    let turn: Promise<unknown> = Promise.resolve();
    const request = (_: string, act: () => Promise<void>) => (turn = turn.then(act, act));
    vi.stubGlobal("navigator", { locks: { request } });
    localStorage.setItem("nearhand.signed-out", "pending");
    const pages = [page(), page()];
    await Promise.all([pages[0]!.ask("/sign-in", {}), pages[1]!.ask("/demo", {})]);
    expect(asked.filter((path) => path === "/sign-out")).toHaveLength(1);
    expect(asked[0]).toBe("/sign-out");
  });

  it("in another page is heard by this one", () => {
    const heard = vi.fn();
    onLeft(heard);
    const told = (key: string, newValue: string | null) =>
      window.dispatchEvent(new StorageEvent("storage", { key, newValue }));
    told("nearhand.language", "en");
    told("nearhand.signed-out", null);
    expect(heard).not.toHaveBeenCalled();
    told("nearhand.signed-out", "pending");
    expect(heard).toHaveBeenCalledOnce();
  });
});
