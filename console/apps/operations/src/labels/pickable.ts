/** What the label desk offers: devices that are searched for, or those whose labels a site wants signed. */
import type { Device, FaceSide, ListedLabel } from "@nearhand/contract";
import { get, type Page } from "../rest";

const SHOWN = 100;

export interface Pickable {
  id: string;
  asset_tag: string;
  name: string;
  /** The faces that need a new label, since what they bear has no good signature. */
  unsigned: FaceSide[];
}

export interface Wish {
  text: string;
  rack: string;
  /** The site whose unsigned labels are wanted; "" for devices. */
  unsigned: string;
}

export async function pickable({ text, rack, unsigned }: Wish, signal: AbortSignal): Promise<Pickable[]> {
  if (unsigned) {
    const wanted = { is_signed: "false", site_id: unsigned, limit: SHOWN };
    return byDevice((await get<Page<ListedLabel>>("/labels", wanted, signal)).items);
  }
  const found = await get<Page<Device>>("/devices", { q: text, rack_id: rack, limit: SHOWN }, signal);
  return found.items.map(({ id, asset_tag, name }) => ({ id, asset_tag, name, unsigned: [] }));
}

/** Front and rear of a device are picked together. */
export function byDevice(listed: readonly ListedLabel[]): Pickable[] {
  const found = new Map<string, Pickable>();
  for (const { label, asset_tag } of listed) {
    const one = found.get(label.device_id);
    if (one) one.unsigned.push(label.face);
    else
      found.set(label.device_id, {
        id: label.device_id,
        asset_tag,
        name: label.code,
        unsigned: [label.face],
      });
  }
  return [...found.values()];
}
