import { expect, it, vi } from "vitest";
import { part } from "./part";

it("a part is fetched once, however many want it", async () => {
  const bring = vi.fn(() => Promise.resolve("here"));
  const { here, load } = part(bring);
  expect(here.value).toBeNull();
  expect(await Promise.all([load(), load()])).toEqual(["here", "here"]);
  await load();
  expect(bring).toHaveBeenCalledOnce();
  expect(here.value).toBe("here");
});

it("a part that could not be had is asked for again", async () => {
  const answers = [Promise.reject(new Error("cut")), Promise.resolve("here")];
  const { here, load } = part(() => answers.shift()!);
  await expect(load()).rejects.toThrow("cut");
  expect(here.value).toBeNull();
  expect(await load()).toBe("here");
});
