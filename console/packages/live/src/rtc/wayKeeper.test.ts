import type { Participant, ServerMessage } from "@nearhand/contract";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Directed, Live } from "../live";
import { WayKeeper } from "./wayKeeper";

const EXPERT: Participant = { id: "E", display_name: "An expert", role: "expert", guest: null };

beforeEach(() => {
  const connection = class {
    localDescription = { sdp: "mine" };
    addTransceiver = () => ({ sender: { replaceTrack: vi.fn(), getParameters: () => ({}) } });
    setLocalDescription = async () => undefined;
    close = vi.fn();
  };
  vi.stubGlobal("RTCPeerConnection", connection);
});
afterEach(() => vi.unstubAllGlobals());

function keeper(servers: () => Promise<readonly RTCIceServer[]> = async () => []) {
  const told: Directed[] = [];
  const live = { get: () => ({ you: EXPERT }), put: (message: Directed) => told.push(message) };
  const reached = vi.fn();
  const made = new WayKeeper({
    ...{ live: live as unknown as Live, takesPictures: true, run: "me", servers, reached },
    mine: () => ({ sound: null, pictures: null, bitPerS: 1_000_000 }),
  });
  const hear = (way: string, room: string | null = null, why: string | null = null, is_entered = false) =>
    made.hear({ type: "rtc.way", way, why, room, is_entered } as ServerMessage);
  return { made, hear, reached, types: () => told.map(({ type }) => type) };
}

test("the media server is entered once per room, and who was reached directly is not any more", async () => {
  const { hear, reached, types } = keeper();
  await hear("sfu", "a");
  await hear("sfu", "a", null, true); // told again after a lost line
  expect(types().filter((type) => type === "rtc.sfu_enter")).toHaveLength(1);
  expect(reached).toHaveBeenCalledWith(null);
  await hear("sfu", "a"); // the line was lost for so long that one is not in it any more
  expect(types().filter((type) => type === "rtc.sfu_enter")).toHaveLength(2);
  await hear("sfu", "b"); // it was gone, and is back
  expect(types().filter((type) => type === "rtc.sfu_enter")).toHaveLength(3);
});

test("back to direct connections, one hails; told so from the start, one has hailed already", async () => {
  const { hear, types } = keeper();
  await hear("direct");
  expect(types()).toEqual([]);
  await hear("sfu", "a");
  await hear("direct", null, "lost");
  expect(types().at(-1)).toBe("rtc.hail");
});

test("without any way nobody is reached, and the reason is kept", async () => {
  const { made, hear, reached, types } = keeper();
  await hear("none", null, "full");
  expect(made.told).toEqual({ way: "none", why: "full" });
  expect(reached).toHaveBeenCalledWith(null);
  expect(types()).toEqual([]);
});

test("who speaks is said to the service only where no connection of two carries it", async () => {
  const { made, hear, types } = keeper();
  made.talks(true);
  expect(types()).toEqual([]);
  await hear("sfu", "a");
  made.talks(true);
  expect(types().at(-1)).toBe("rtc.talk");
});

test("closed while it asks for servers, it enters nothing", async () => {
  let found = (_: readonly RTCIceServer[]) => {};
  const { made, hear, types } = keeper(() => new Promise((resolve) => (found = resolve)));
  const entering = hear("sfu", "a");
  made.close();
  found([]);
  await entering;
  expect(types()).toEqual([]);
});
