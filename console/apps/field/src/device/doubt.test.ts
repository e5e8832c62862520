import { Refusal, type LabelDoubt, type Resolved } from "@nearhand/contract";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { acceptDoubted, dismissDoubted, doubted, isDoubted, isRefused, isSnoozed } from "./doubt";

const answer = (doubt: LabelDoubt | null) => ({
  data: { doubt } as unknown as Resolved,
  at: 0,
  isStale: false,
});

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  doubted.value = null;
  vi.useRealTimers();
});

it("calls out a label that others may have made, and not one that is good or merely old", () => {
  expect(isDoubted(answer(null), "a")).toBe(false);
  expect(isDoubted(answer("unsigned"), "a")).toBe(false);
  expect(doubted.value).toBeNull();
  for (const doubt of ["signature_missing", "signature_wrong", "key_withdrawn"] as const) {
    expect(isDoubted(answer(doubt), "b", true)).toBe(true);
    expect(doubted.value).toEqual({ text: "b", answer: answer(doubt), isOther: true });
  }
});

it("calls out what the service refuses, and leaves every other refusal to others", () => {
  expect(isRefused(new Refusal(404, "unknown_label", "", ""), "c")).toBe(false);
  expect(isRefused(new Error("offline"), "c")).toBe(false);
  expect(isRefused(new Refusal(422, "label_refused", "", ""), "c")).toBe(true);
  expect(doubted.value).toEqual({ text: "c", answer: null, isOther: false });
});

it("keeps quiet about a label that was turned away, for as long as it stays in view", () => {
  isDoubted(answer("signature_wrong"), "d");
  dismissDoubted();
  expect(doubted.value).toBeNull();
  for (let n = 0; n < 10; n++) {
    vi.advanceTimersByTime(20_000);
    expect(isSnoozed("d")).toBe(true);
  }
  expect(isSnoozed("another")).toBe(false);
  vi.advanceTimersByTime(31_000);
  expect(isSnoozed("d")).toBe(false);
});

it("goes by a label that somebody has looked at and accepted", () => {
  isDoubted(answer("signature_wrong"), "e");
  expect(acceptDoubted()?.text).toBe("e");
  expect(isDoubted(answer("signature_wrong"), "e")).toBe(false);
  expect(isDoubted(answer("signature_wrong"), "f")).toBe(true);
});
