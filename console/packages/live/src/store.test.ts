import { expect, test, vi } from "vitest";
import { Value } from "./store";

test("a listener hears what is set after it came and before it left", () => {
  const value = new Value(1);
  const heard: number[] = [];
  const stop = value.subscribe((newest) => heard.push(newest));
  value.set(2);
  stop();
  value.set(3);
  expect(heard).toEqual([2]);
  expect(value.get()).toBe(3);
});

test("a listener that throws is reported, and the others are told all the same", () => {
  const reported = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => undefined);
  const value = new Value(1);
  const heard: number[] = [];
  value.subscribe(() => {
    throw new Error("a mistake on the page");
  });
  value.subscribe((newest) => heard.push(newest));
  value.set(2);
  expect(heard).toEqual([2]);
  expect(reported).toHaveBeenCalledOnce();
  reported.mockRestore();
});
