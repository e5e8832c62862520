import "fake-indexeddb/auto";
import { Refusal, Unreachable } from "@nearhand/contract";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { forgetAll, recentDevices, rememberDevice, remembered } from "./memory";

const device = (deviceId: string) => ({ deviceId, assetTag: deviceId, name: deviceId, place: "" });
const outOfReach = () => Promise.reject(new Unreachable("cut"));

beforeEach(forgetAll);

describe("memory", () => {
  it("answers with what was read last when the service is out of reach, and says so", async () => {
    const fresh = await remembered("/a", "d1", () => Promise.resolve({ x: 1 }));
    const kept = await remembered("/a", "d1", outOfReach);
    expect(kept).toEqual({ data: { x: 1 }, at: fresh.at, isStale: true });
    expect(fresh.isStale).toBe(false);
  });

  it("passes a refusal on instead of showing what is no longer allowed", async () => {
    await remembered("/a", "d1", () => Promise.resolve(1));
    const refused = () => Promise.reject(new Refusal(403, "not_permitted", "No", ""));
    await expect(remembered("/a", "d1", refused)).rejects.toBeInstanceOf(Refusal);
  });

  it("has nothing of what was never read", async () => {
    await expect(remembered("/new", "d1", outOfReach)).rejects.toBeInstanceOf(Unreachable);
  });

  it("keeps the last twenty devices and forgets what belongs to older ones", async () => {
    await remembered("/first", "d0", () => Promise.resolve("old"));
    const clock = vi.spyOn(Date, "now");
    for (let i = 0; i <= 20; i++) {
      clock.mockReturnValue(1000 + i);
      await rememberDevice(device(`d${i}`));
    }
    clock.mockRestore();
    const kept = (await recentDevices()).map(({ deviceId }) => deviceId);
    expect(kept).toHaveLength(20);
    expect(kept).not.toContain("d0");
    await expect(remembered("/first", "d0", outOfReach)).rejects.toBeInstanceOf(Unreachable);
  });

  it("shows nothing of one person's to the next", async () => {
    await remembered("/a", "d1", () => Promise.resolve(1));
    await rememberDevice(device("d1"));
    await forgetAll();
    expect(await recentDevices()).toEqual([]);
    await expect(remembered("/a", "d1", outOfReach)).rejects.toBeInstanceOf(Unreachable);
  });
});
