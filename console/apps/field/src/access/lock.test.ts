// @vitest-environment happy-dom
import type { Me } from "@nearhand/contract";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { lockedOut } from "../rest";
import { forgetLock, isLocked, lock, takeLock, unlocked } from "./lock";

const PHONE = { has_pin: true, is_locked: false, locks_after_s: 900 } as Me;
const MINUTE_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  localStorage.clear();
  forgetLock();
});
afterEach(() => void vi.useRealTimers());

const later = (minutes: number) => vi.setSystemTime(Date.now() + minutes * MINUTE_MS);
/** As a timer does every few seconds, and every return to the page. */
const look = () => void document.dispatchEvent(new Event("visibilitychange"));
const touch = () => void window.dispatchEvent(new Event("pointerdown"));

describe("a device with a PIN", () => {
  it("locks after as long as the service says", () => {
    takeLock(PHONE);
    later(14);
    look();
    expect(isLocked.value).toBe(false);
    later(2);
    look();
    expect(isLocked.value).toBe(true);
  });

  it("does not lock while it is touched; the touch after a long while comes too late", () => {
    takeLock(PHONE);
    for (let n = 0; n < 4; n++) {
      later(10);
      touch();
    }
    expect(isLocked.value).toBe(false);
    later(16);
    touch();
    expect(isLocked.value).toBe(true);
  });

  it("stays locked when the page starts anew and the service has not heard of it", () => {
    takeLock(PHONE);
    lock();
    isLocked.value = false; // a new page
    takeLock(PHONE);
    expect(isLocked.value).toBe(true);
    unlocked();
    takeLock(PHONE);
    expect(isLocked.value).toBe(false);
  });

  it("locks when its clock was set back", () => {
    takeLock(PHONE);
    touch();
    later(-60);
    look();
    expect(isLocked.value).toBe(true);
  });

  it("locks when the service says that it is, and when another page here was", () => {
    takeLock(PHONE);
    lockedOut.value++;
    expect(isLocked.value).toBe(true);
    unlocked();
    const elsewhere = { key: "nearhand.field.locked", newValue: "yes" };
    window.dispatchEvent(new StorageEvent("storage", elsewhere));
    expect(isLocked.value).toBe(true);
    window.dispatchEvent(new StorageEvent("storage", { ...elsewhere, newValue: null }));
    expect(isLocked.value).toBe(false);
  });
});

it("what has no PIN never locks", () => {
  takeLock({ ...PHONE, has_pin: false });
  later(600);
  look();
  lock();
  expect(isLocked.value).toBe(false);
});
