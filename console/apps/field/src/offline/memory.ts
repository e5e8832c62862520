/** Remember what was read about the last devices, with its time, so that it can be shown without a network. */
import { Unreachable } from "@nearhand/contract";
import { type DBSchema, type IDBPDatabase, openDB } from "idb";

const DEVICES_KEPT = 20;
/** Where the service worker keeps pictures and documents. */
export const MEDIA_CACHE = "media";

interface Entry {
  key: string;
  /** The device it belongs to; "" for what belongs to none. */
  deviceId: string;
  at: number;
  data: unknown;
}

export interface RecentDevice {
  deviceId: string;
  usedAt: number;
  assetTag: string;
  name: string;
  place: string;
}

interface Shelf extends DBSchema {
  answers: { key: string; value: Entry; indexes: { deviceId: string } };
  devices: { key: string; value: RecentDevice };
}

/** Something read, and when: `isStale` says that it comes from memory because the service is out of reach. */
export interface Remembered<T> {
  data: T;
  at: number;
  isStale: boolean;
}

let opened: Promise<IDBPDatabase<Shelf>> | undefined;

function shelf(): Promise<IDBPDatabase<Shelf>> {
  return (opened ??= openDB<Shelf>("nearhand-field", 1, {
    upgrade(db) {
      db.createObjectStore("answers", { keyPath: "key" }).createIndex("deviceId", "deviceId");
      db.createObjectStore("devices", { keyPath: "deviceId" });
    },
  }));
}

/** Read from the service and remember; out of reach, what was remembered. A refusal is passed on as it is. */
export async function remembered<T>(
  key: string,
  deviceId: string | ((data: T) => string),
  read: () => Promise<T>,
): Promise<Remembered<T>> {
  try {
    const data = await read();
    const at = Date.now();
    const owner = typeof deviceId === "string" ? deviceId : deviceId(data);
    await quietly(
      async () => void (await (await shelf()).put("answers", { key, deviceId: owner, at, data })),
    );
    return { data, at, isStale: false };
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    const kept = await quietly(async () => (await shelf()).get("answers", key));
    if (!kept) throw error;
    return { data: kept.data as T, at: kept.at, isStale: true };
  }
}

/** Move a device to the front of the last used; what belongs to the oldest is forgotten. */
export async function rememberDevice(device: Omit<RecentDevice, "usedAt">): Promise<void> {
  await quietly(async () => {
    const db = await shelf();
    await db.put("devices", { ...device, usedAt: Date.now() });
    for (const { deviceId } of (await recentDevices()).slice(DEVICES_KEPT)) {
      for (const key of await db.getAllKeysFromIndex("answers", "deviceId", deviceId))
        await db.delete("answers", key);
      await db.delete("devices", deviceId);
    }
  });
}

export async function recentDevices(): Promise<RecentDevice[]> {
  const devices = (await quietly(async () => (await shelf()).getAll("devices"))) ?? [];
  return devices.sort((a, b) => b.usedAt - a.usedAt);
}

/** What one person has read is not the next one's to see. */
export async function forgetAll(): Promise<void> {
  await quietly(async () => {
    const db = await shelf();
    await Promise.all([db.clear("answers"), db.clear("devices")]);
  });
  await quietly(async () => caches.delete(MEDIA_CACHE));
}

/** A browser that keeps nothing (private mode, full disk) only loses the memory, not the work. */
async function quietly<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch {
    return undefined;
  }
}
