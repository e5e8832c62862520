/** Marks on their way from the pen to the device: what to wait for, and what to take back where none comes of it. */
import type { FrameRef, Shape } from "@nearhand/contract";
import type { OpenSession } from "@nearhand/live";
import { notify } from "@nearhand/ui";
import type { Desk } from "./desk";
import { sameFrame } from "./sight";
import { t } from "./words";

const STILL_WITHIN_MS = 15_000; // at 100 kbit/s one takes half of that
const LOOK_MS = 50;

/**
 * Whether what was drawn on a picture can be fixed. One that only passed by, and shows no device, has to be there
 * as a still first, or what was seen in it be told again; the pen has asked for both.
 */
export async function canBeFixed(desk: Desk, frame: FrameRef): Promise<boolean> {
  if (desk.sightOf(frame)) return true;
  for (const until = Date.now() + STILL_WITHIN_MS; Date.now() < until;) {
    if (desk.stillOf(frame) || desk.sightOf(frame)) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}

/** It cannot: nobody may go on seeing its stroke, and there is nothing to hold the picture for. */
export function giveUp(desk: Desk, id: string, shape: Shape, frame: FrameRef): void {
  desk.session.commands.drawStroke(id, shape, frame, []);
  if (desk.isHeldByChoice && sameFrame(desk.shown.value?.frame ?? null, frame)) desk.letGo();
  notify(t("notThere"), "caution");
}

/** A mark that was refused leaves no stroke behind on the screens of others. Returns what ends this. */
export function wipeRefused({ live, commands }: OpenSession): () => void {
  return live.onRefused(({ wish }) => {
    if (wish?.type === "annotation.add" && wish.place.kind === "frame")
      commands.drawStroke(wish.id, wish.shape, wish.place.frame, []);
  });
}
