/** Who is signed in on this device, also while the service is out of reach. */
import {
  type Actor,
  type Admission,
  type Demo,
  type FactorNeeded,
  hasLeft,
  isLeaving,
  type Me,
  onLeft,
} from "@nearhand/contract";
import { signal } from "@preact/signals";
import { forgetAll, remembered } from "../offline/memory";
import { get, leave, post, signedOut } from "../rest";
import { forgetHelp } from "../session/help";
import { leaveSession } from "../session/room";
import { actor, me } from "./actor";
import { forgetLock, takeLock } from "./lock";

export { actor };

const LAST = "nearhand.field.participant";

export async function restoreSignIn(): Promise<void> {
  if (isLeaving()) {
    actor.value = null;
    return leave().catch(() => undefined);
  }
  try {
    const { data, isStale } = await readMe();
    if (isStale && hasLeft()) actor.value = null;
    else {
      takeLock(data);
      actor.value = me.value = data;
    }
  } catch {
    actor.value = null;
  }
}

const readMe = () => remembered("/me", "", () => get<Me>("/me"));

/** What another step is wanted for, or null when that was all. */
export async function signIn(name: string, password: string): Promise<FactorNeeded | null> {
  const answer = await post<Admission | FactorNeeded>("/sign-in", { name, password });
  if ("ticket" in answer) return answer;
  await enterAs(answer.actor);
  return null;
}

/** The service has let somebody in. */
export async function enterAs(who: Actor): Promise<void> {
  if (localStorage.getItem(LAST) !== who.participant_id) await forgetAll();
  localStorage.setItem(LAST, who.participant_id);
  forgetLock();
  actor.value = who;
  me.value = null;
  void refreshMe();
}

/** Ask again how this sign-in stands. */
export async function refreshMe(): Promise<void> {
  try {
    const { data } = await readMe();
    if (actor.value?.participant_id !== data.participant_id) return;
    takeLock(data);
    me.value = data;
  } catch {
    // Whoever is signed out is told so by the door itself.
  }
}

export async function signOut(): Promise<void> {
  const left = leave().catch(() => undefined);
  await forgetPerson();
  await left;
}

/** The service has ended this sign-in for good, as after the last wrong PIN: nothing of it stays to be read here. */
export async function forgetPerson(): Promise<void> {
  forgetHelp();
  // An open session would come back on the old cookie as soon as there is a line.
  await Promise.all([leaveSession(), forgetAll()]);
  forgetLock();
  actor.value = me.value = null;
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
