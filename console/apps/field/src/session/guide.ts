/** Which guide is followed and how far: shared in a session, else kept on this phone. */
import type { Document, Guide, ShownStep } from "@nearhand/contract";
import { computed, signal } from "@preact/signals";
import { remembered } from "../offline/memory";
import { get } from "../rest";
import { target } from "../device/target";
import { closePanel } from "../hud/panels";
import { open, room } from "./room";

export interface Manuals {
  documents: Document[];
  guides: Guide[];
}

export const manuals = signal<{ deviceId: string; data: Manuals } | null>(null);

const STORED = "nearhand.field.guides";
const own = signal<Record<string, ShownStep>>(readStored());

/** A step shown to the session that it has not answered yet: on screen at once, also without a network. */
const wished = signal<ShownStep | null>(null);
const sharedStep = computed(() => room.value?.step ?? null);
sharedStep.subscribe(() => (wished.value = null));
/** The shared progress that this person has put away; a newer one shows again. */
const putAway = signal<ShownStep | null>(null);

/** The progress that counts now. */
export const progress = computed<ShownStep | null>(() => {
  const id = target.value?.view.device.id;
  const shared = room.value?.device?.device_id === id ? (wished.value ?? sharedStep.value) : null;
  if (shared && shared === putAway.value) return null;
  return shared ?? (id ? (own.value[id] ?? null) : null);
});

export const guide = computed<Guide | null>(
  () => manuals.value?.data.guides.find((one) => one.id === progress.value?.guide_id) ?? null,
);
export const step = computed(() => guide.value?.steps[progress.value?.step ?? 0] ?? null);

/** Ports of the step that is on, while its face is the one looked at. */
export const portsOfStep = computed<ReadonlySet<string>>(
  () => new Set(step.value && step.value.face === target.value?.side ? step.value.ports : []),
);

export async function loadManuals(deviceId: string): Promise<void> {
  const path = `/manuals?device_id=${encodeURIComponent(deviceId)}`;
  const { data } = await remembered(path, deviceId, () => get<Manuals>(path));
  if (target.value?.view.device.id === deviceId) manuals.value = { deviceId, data };
}

/** From here on the step stands on the picture: no panel may lie over it, or over the way to help. */
export function startGuide(chosen: Guide): void {
  showStep({ guide_id: chosen.id, step: 0, done: [] });
  closePanel();
}

export function leaveGuide(): void {
  const id = target.value?.view.device.id;
  if (!id) return;
  wished.value = null;
  putAway.value = sharedStep.value;
  const { [id]: left, ...others } = own.value;
  void left;
  keep(others);
}

export function stepBack(): void {
  const now = progress.value;
  if (now && now.step > 0) showStep({ ...now, step: now.step - 1 });
}

/** This step is done: on to the next, or to the end (a step number past the last). */
export function stepDone(): void {
  const [now, whole] = [progress.value, guide.value];
  if (!now || !whole) return;
  const done = [...new Set([...now.done, now.step])].sort((a, b) => a - b);
  showStep({ ...now, done, step: Math.min(now.step + 1, whole.steps.length) });
}

export function showStep(next: ShownStep): void {
  const id = target.value?.view.device.id;
  if (!id) return;
  keep({ ...own.value, [id]: next });
  if (!open.value || room.value?.isEnded) return;
  wished.value = next;
  open.value.commands.showStep(next);
}

function keep(all: Record<string, ShownStep>): void {
  own.value = all;
  localStorage.setItem(STORED, JSON.stringify(all));
}

function readStored(): Record<string, ShownStep> {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? "{}") as Record<string, ShownStep>;
  } catch {
    return {};
  }
}
