/** The device in front of the technician: found by label, tag or address; and what is known of it. */
import type {
  Annotation,
  DeviceView,
  Face,
  FaceSide,
  Label,
  LabelDoubt,
  Layout,
  Resolved,
} from "@nearhand/contract";
import { readLabelText } from "@nearhand/spatial";
import { computed, signal } from "@preact/signals";
import { buzz } from "../hud/buzz";
import { recentDevices, remembered, rememberDevice, type Remembered } from "../offline/memory";
import { get, getRows } from "../rest";
import { isDoubted } from "./doubt";

export interface Target {
  view: DeviceView;
  side: FaceSide;
  /** Null: nothing is printed for this face yet, so the camera cannot hold on to it. */
  layout: Layout | null;
  /** Why the label it was found by may not have been printed here. */
  doubt?: LabelDoubt | null;
  labels: readonly Label[];
  at: number;
  isStale: boolean;
}

export const target = signal<Target | null>(null);
export const isLooking = signal(false);
/** Why the last search failed: a code of the service, or `foreign`, `offline`, `not_found`. */
export const lookProblem = signal<{ code: string; text: string } | null>(null);
/** Marks kept on the device from earlier visits. */
export const keptMarks = signal<readonly Annotation[]>([]);

export const targetFace = computed<Face | null>(() => {
  const now = target.value;
  return now ? faceOf(now.view, now.side) : null;
});

export function faceOf({ device_type }: DeviceView, side: FaceSide): Face | null {
  return (side === "front" ? device_type.front : device_type.rear) ?? null;
}

/** Where it stands, in the words on the rack: "Hall 2 / R07 / U23". */
export function placeOf({ site, location, rack, device }: DeviceView): string {
  const unit = device.position_u === null ? null : `U${device.position_u}`;
  return [location?.name ?? site.name, rack?.name, unit].filter(Boolean).join(" / ");
}

const resolved = new Map<string, Promise<Remembered<Resolved>>>();

/** What a label leads to. Asked once per code and page; a failed try is not remembered. */
export function resolveLabel(code: string, text?: string): Promise<Remembered<Resolved>> {
  // Signed is the address around the code, too.
  const scanned = text && code.includes("-") ? `?text=${encodeURIComponent(text)}` : "";
  const path = `/labels/${encodeURIComponent(code)}${scanned}`;
  const known = resolved.get(path);
  if (known) return known;
  const asked = remembered(
    path,
    (answer) => answer.view.device.id,
    () => get<Resolved>(path),
  );
  resolved.set(path, asked);
  asked.catch(() => resolved.delete(path));
  return asked;
}

export async function findByLabelText(text: string): Promise<Remembered<Resolved> | null> {
  const label = readLabelText(text);
  return label.kind === "ours" ? resolveLabel(label.code, text) : null;
}

export async function showByLabel(code: string): Promise<void> {
  const answer = await resolveLabel(code);
  if (!isDoubted(answer, code)) showResolved(answer.data, answer.at, answer.isStale);
}

export function showResolved({ label, view, layout, doubt }: Resolved, at: number, isStale: boolean): void {
  show({ view, side: label.face, layout, labels: [label], doubt: doubt ?? null, at, isStale });
}

export async function showById(id: string, side: FaceSide = "front"): Promise<void> {
  const path = `/devices/${encodeURIComponent(id)}`;
  const {
    data: view,
    at,
    isStale,
  } = await remembered(`${path}/view`, id, () => get<DeviceView>(`${path}/view`));
  await showView(view, side, at, isStale);
}

/** By what is written under the label. Out of reach, among the devices seen before. */
export async function showByTag(assetTag: string): Promise<void> {
  const wanted = assetTag.trim();
  const known = (await recentDevices()).find((one) => one.assetTag.toLowerCase() === wanted.toLowerCase());
  try {
    const view = await get<DeviceView>(`/devices/by-tag/${encodeURIComponent(wanted)}`);
    await showView(view, "front", Date.now(), false);
  } catch (error) {
    if (!known) throw error;
    await showById(known.deviceId);
  }
}

async function showView(view: DeviceView, side: FaceSide, at: number, isStale: boolean): Promise<void> {
  const path = `/devices/${encodeURIComponent(view.device.id)}/labels`;
  const labels = await remembered(path, view.device.id, () => getRows<Label>(path))
    .then(({ data }) => data)
    .catch(() => []);
  show({ view, side, layout: layoutOf(view, side, labels), labels, at, isStale });
}

/** The layout of a face from its labels: the newest label, and the tags of all. */
export function layoutOf(view: DeviceView, side: FaceSide, labels: readonly Label[]): Layout | null {
  const face = faceOf(view, side);
  const here = labels.filter((label) => label.face === side);
  const newest = [...here].sort((a, b) => b.created_at.localeCompare(a.created_at))[0];
  if (!face || !newest) return null;
  const tags = new Map(
    here.flatMap((label) => label.tags).map((tag) => [`${tag.dictionary} ${tag.id}`, tag]),
  );
  return {
    face: { width_mm: face.width_mm, height_mm: face.height_mm },
    label: { text: newest.text, ...newest.place },
    tags: [...tags.values()],
  };
}

function show(next: Target): void {
  const isAnother = target.value?.view.device.id !== next.view.device.id;
  target.value = next;
  lookProblem.value = null;
  const { device } = next.view;
  if (isAnother) {
    keptMarks.value = [];
    buzz(30);
  }
  void rememberDevice({
    deviceId: device.id,
    assetTag: device.asset_tag,
    name: device.name,
    place: placeOf(next.view),
  });
  void loadKeptMarks(device.id);
}

async function loadKeptMarks(deviceId: string): Promise<void> {
  const path = `/devices/${encodeURIComponent(deviceId)}/marks`;
  const marks = await remembered(path, deviceId, () => getRows<Annotation>(path)).catch(() => null);
  if (marks && target.value?.view.device.id === deviceId) keptMarks.value = marks.data;
}
