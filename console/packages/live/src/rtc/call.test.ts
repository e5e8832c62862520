import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  EXPERT,
  FakeConnection,
  PHONE,
  WATCHER,
  fakeAll,
  hailed,
  newest,
  session,
  unfakeAll,
} from "./callTestbed";

const directions = () => newest().lines.map(({ direction }) => direction);

beforeEach(fakeAll);
afterEach(unfakeAll);

describe("meeting", () => {
  test("a hail for all is hailed back once per page, and one of two sides offers", async () => {
    const [opener, other] = [session("z", EXPERT), session("a", EXPERT)];
    for (const one of [opener, other]) {
      expect(one.told).toEqual([{ type: "rtc.hail", to: null, run: one.run }]);
      await one.hear(hailed(PHONE));
      await one.hear(hailed(PHONE));
      expect(one.told.slice(1, 2)).toEqual([{ type: "rtc.hail", to: "m", run: one.run }]);
    }
    expect(FakeConnection.all).toHaveLength(2);
    expect(opener.told.filter(({ type }) => type === "rtc.describe")).toMatchObject([
      { to: "m", run: opener.run, to_run: "r1", kind: "offer" },
    ]);
    expect(other.told.some(({ type }) => type === "rtc.describe")).toBe(false);
  });

  test("a page that was loaded anew takes the place of the old one, whose words are no longer heard", async () => {
    const me = session("a", EXPERT);
    await me.hear(hailed(PHONE, "m", "r1"));
    const old = newest();
    await me.hear(hailed(PHONE, "m", "r2"));
    expect(old.isClosed).toBe(true);
    const described = { type: "rtc.described", client: "m", to_run: me.run, kind: "offer", sdp: "theirs" };
    await me.hear({ ...described, run: "r1" });
    await me.hear({ ...described, run: "r2", to_run: "of an older page of mine" });
    expect(newest().lines).toHaveLength(0);
    await me.hear({ ...described, run: "r2" });
    expect(newest().lines).toHaveLength(2);
    expect(me.told.at(-1)).toMatchObject({ type: "rtc.describe", kind: "answer" });
  });

  test("at most two others are connected to, and no device of the same person", async () => {
    const me = session("z", EXPERT);
    await me.hear(hailed(EXPERT, "mine"));
    for (const client of ["b", "c", "d"]) await me.hear(hailed(PHONE, client));
    expect(me.call.get().peers.map(({ client }) => client)).toEqual(["b", "c"]);
  });

  test("the servers' passwords are asked for, and without an answer there is the direct way", async () => {
    const me = session("z", EXPERT);
    await me.hear(hailed(PHONE, "b"));
    expect(newest().configuration.iceServers).toEqual([{ urls: ["turn:t"], username: "u", credential: "c" }]);
    const alone = session("z", EXPERT);
    alone.servers.mockRejectedValueOnce(new Error("out of reach"));
    await alone.hear(hailed(PHONE, "b"));
    expect(newest().configuration.iceServers).toEqual([]);
  });
});

describe("what is taken of whom", () => {
  test.each([
    [EXPERT, PHONE, true, ["sendrecv", "recvonly"]],
    [PHONE, EXPERT, false, ["sendrecv", "sendonly"]],
    [EXPERT, WATCHER, true, ["sendonly", "inactive"]],
    [WATCHER, PHONE, true, ["recvonly", "recvonly"]],
  ] as const)("%o from %o", async (you, them, takesPictures, expected) => {
    const opener = session("z", you, takesPictures);
    await opener.hear(hailed(them));
    expect(directions()).toEqual(expected);
    const answering = session("a", you, takesPictures);
    await answering.hear(hailed(them));
    await answering.hear({ type: "rtc.described", client: "m", run: "r1", to_run: answering.run, kind: "offer", sdp: "x" }); // prettier-ignore
    expect(directions()).toEqual(expected);
  });

  test("who may only watch has no button to speak", () => {
    const guest = session("z", WATCHER);
    guest.call.talk(true);
    expect(guest.call.get()).toMatchObject({ maySpeak: false, microphone: "off", isTalking: false });
  });
});

describe("the end", () => {
  test("parted by the service, the connection is closed at once", async () => {
    const me = session("z", EXPERT);
    await me.hear(hailed(PHONE));
    await me.hear({ type: "rtc.parted", client: "m" });
    expect(newest().isClosed).toBe(true);
    expect(me.call.get().peers).toEqual([]);
  });

  test("a session that ends closes all", async () => {
    const me = session("z", EXPERT);
    await me.hear(hailed(PHONE));
    me.change({ isEnded: true });
    expect(newest().isClosed).toBe(true);
  });

  test("a short loss of the session's line closes nothing, and one hails again afterwards", async () => {
    const me = session("z", EXPERT);
    await me.hear(hailed(PHONE));
    me.change({ link: { state: "connecting" } });
    expect(newest().isClosed).toBe(false);
    expect(me.call.get().maySpeak).toBe(true);
    me.change({ link: { state: "open" } });
    expect(me.told.filter((one) => one.type === "rtc.hail" && one.to === null)).toHaveLength(2);
  });
});
