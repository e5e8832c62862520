/** Keep the session's device and the one in front of the camera the same, whoever changes it. */
import type { ShownDevice } from "@nearhand/contract";
import { showById, target } from "../device/target";
import { open, room, sessionId } from "./room";

const STORED = "nearhand.field.session";

let session: unknown = null;
let followed: string | null = null;

/** Call it whenever session or target change: the session's new device is shown; a first one is offered to it. */
export function followSession(): void {
  const [now, view] = [open.value, room.value];
  const mine = target.value;
  if (now !== session) [session, followed] = [now, null];
  if (!now || !view || view.awaitsState || view.isEnded) return;
  const shared = view.device;
  if (!shared) {
    if (mine && followed !== mine.view.device.id) tellSession();
    return;
  }
  if (followed === shared.device_id) return;
  followed = shared.device_id;
  localStorage.setItem(STORED, JSON.stringify({ session: sessionId.peek(), ...shared }));
  if (mine?.view.device.id !== shared.device_id)
    void showById(shared.device_id, shared.face).catch(() => (followed = null));
}

/** The work is about this device now: say so to all. */
export function tellSession(): void {
  const now = target.peek();
  if (!now || !open.peek() || room.peek()?.isEnded) return;
  followed = now.view.device.id;
  open.peek()!.commands.showDevice(now.view.device.id, now.side);
}

/** Before the session has answered, maybe without a network: the device it was last about. */
export async function showLastDevice(session: string): Promise<void> {
  const kept = JSON.parse(localStorage.getItem(STORED) ?? "null") as
    (ShownDevice & { session: string }) | null;
  if (kept?.session === session && !target.peek()) await showById(kept.device_id, kept.face);
}
