/** What the frames say of the device beside its pose, kept over time: by what it is known, and contradictions. */
import { effect, signal } from "@preact/signals";
import { keepsake, lastSight } from "../camera/eye";
import { newestFrame } from "../camera/frames";
import { target } from "../device/target";
import { type Contradiction, contradiction, type Identity, identityOf, type LastSeen, lastSeen, seenLately } from "./held"; // prettier-ignore

const IN_VIEW_MS = 700;

/** By what the wanted device is known in the newest frame; null while none is wanted. */
export const identity = signal<Identity | null>(null);
/** The label and the tags in view do not belong together: nothing may be fixed to them. */
export const isContradicted = signal(false);
/** A tag that is not where it should be, while the others agree. */
export const hasStrayTag = signal(false);

/** The camera shows the device as a mirror would. */
export const isMirrored = signal(false);

/** Which symbols of the wanted device were seen a moment ago. */
export const lately = () => seenLately(last, newestFrame.peek()?.captured_at ?? 0);

let last: LastSeen | null = null;
let against: Contradiction | null = null;
let stray: Contradiction | null = null;
let mirror: Contradiction | null = null;

effect(() => {
  const [now, frame, sight] = [target.value, newestFrame.value, lastSight.value];
  if (!now || !frame) {
    against = stray = mirror = null;
    identity.value = null;
    isContradicted.value = hasStrayTag.value = isMirrored.value = false;
    return;
  }
  const { id } = now.view.device;
  const isOurs = sight?.deviceId === id;
  if (isOurs) last = lastSeen(last, sight);
  const isAny = frame.deviceId === id && frame.strangers.length > 0;
  against = contradiction(against, isAny && frame.located === null, frame.captured_at);
  stray = contradiction(stray, isAny && frame.located !== null, frame.captured_at);
  mirror = contradiction(mirror, frame.isMirrored, frame.captured_at);
  isMirrored.value = mirror.isShown;
  isContradicted.value = against.isShown;
  hasStrayTag.value = stray.isShown && !against.isShown;

  const inView = isOurs && !against.isShown && frame.captured_at - sight.at <= IN_VIEW_MS ? sight : null;
  const next = identityOf(
    inView,
    last,
    frame.captured_at,
    !against.isShown && keepsake.value?.deviceId === id,
  );
  if (JSON.stringify(next) !== JSON.stringify(identity.peek())) identity.value = next;
});
