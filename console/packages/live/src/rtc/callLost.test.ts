import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { EXPERT, fakeAll, hailed, newest, PHONE, session, unfakeAll } from "./callTestbed";

beforeEach(fakeAll);
afterEach(unfakeAll);

describe("a way that is lost", () => {
  test("without a way it says so and looks again with growing pauses, until there is one", async () => {
    const me = session("z", EXPERT);
    await me.hear(hailed(PHONE));
    const way = () => me.call.get().peers[0]?.way;
    expect(way()).toBe("seeking");
    await vi.advanceTimersByTimeAsync(12_000);
    expect([way(), newest().restarts]).toEqual(["none", 0]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(newest().restarts).toBe(1);
    await vi.advanceTimersByTimeAsync(14_000);
    expect([way(), newest().restarts]).toEqual(["none", 2]);
    newest().become("connected");
    expect(way()).toBe("open");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(newest().restarts).toBe(2);
    newest().become("disconnected");
    expect(way()).toBe("lost");
    newest().become("failed");
    await vi.advanceTimersByTimeAsync(1000);
    expect([way(), newest().restarts]).toEqual(["none", 3]);
  });

  test("whoever was away is offered anew at once what may have been lost with the session's line", async () => {
    const me = session("z", EXPERT);
    await me.hear(hailed(PHONE));
    const offers = () => me.told.filter((one) => one.type === "rtc.describe").map(({ offer }) => offer);
    await me.hear(hailed(PHONE));
    expect([newest().restarts, offers()]).toEqual([0, [1]]); // just told
    newest().become("disconnected");
    await me.hear(hailed(PHONE));
    expect([newest().restarts, newest().signalingState]).toEqual([1, "stable"]);
  });

  test("a way that is there again at one end, while an offer is out, is agreed on anew", async () => {
    const me = session("z", EXPERT);
    await me.hear(hailed(PHONE));
    expect(newest().signalingState).toBe("have-local-offer");
    newest().become("connected");
    await vi.advanceTimersByTimeAsync(13_000);
    expect([me.call.get().peers[0]?.way, newest().restarts]).toEqual(["open", 1]);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(newest().restarts).toBe(1);
  });

  test("a way is looked for again with passwords of now, by either side", async () => {
    for (const client of ["z", "a"]) {
      const me = session(client, EXPERT);
      await me.hear(hailed(PHONE));
      newest().configuration.iceTransportPolicy = "relay";
      const servers = [{ urls: ["turn:t"], username: "later", credential: "d" }];
      me.servers.mockResolvedValueOnce({ servers, until: "" });
      newest().become("failed");
      await vi.advanceTimersByTimeAsync(1000);
      expect(newest().configuration).toEqual({ iceTransportPolicy: "relay", iceServers: servers });
      me.call.close();
    }
  });
});
