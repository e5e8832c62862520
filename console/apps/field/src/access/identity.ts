/** Who is signed in on this device, also while the service is out of reach. */
import { type Actor, type Demo, hasLeft, isLeaving, onLeft } from "@nearhand/contract";
import { signal } from "@preact/signals";
import { forgetAll, remembered } from "../offline/memory";
import { get, leave, post, signedOut } from "../rest";
import { forgetHelp } from "../session/help";
import { leaveSession } from "../session/room";
import { actor } from "./actor";

export { actor };

const LAST = "nearhand.field.participant";

export async function restoreSignIn(): Promise<void> {
  if (isLeaving()) {
    actor.value = null;
    return leave().catch(() => undefined);
  }
  try {
    const { data, isStale } = await remembered("/me", "", () => get<Actor>("/me"));
    actor.value = isStale && hasLeft() ? null : data;
  } catch {
    actor.value = null;
  }
}

export async function signIn(name: string, password: string): Promise<void> {
  const { actor: who } = await post<{ actor: Actor }>("/sign-in", { name, password });
  if (localStorage.getItem(LAST) !== who.participant_id) await forgetAll();
  localStorage.setItem(LAST, who.participant_id);
  actor.value = who;
  void remembered("/me", "", () => get<Actor>("/me")).catch(() => undefined);
}

export async function signOut(): Promise<void> {
  const left = leave().catch(() => undefined);
  await forgetPerson();
  await left;
}

async function forgetPerson(): Promise<void> {
  forgetHelp();
  // An open session would come back on the old cookie as soon as there is a line.
  await Promise.all([leaveSession(), forgetAll()]);
  actor.value = null;
}

/** Whether this service is a demo, with a simulated hall to look at. */
export const isDemo = signal(false);

export async function loadDemo(): Promise<Demo["accounts"]> {
  const { data } = await remembered("/demo", "", () => get<Demo>("/demo"));
  isDemo.value = data.is_demo;
  return data.accounts;
}

signedOut.subscribe((turns) => {
  if (turns > 0) actor.value = null;
});

onLeft(() => void forgetPerson());
