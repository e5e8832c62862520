/** Who is using this console, and what they may do. */
import { type Actor, type Demo, isLeaving, onLeft, type Permission, Refusal } from "@nearhand/contract";
import { signal } from "@preact/signals";
import { get, leave, post } from "../rest";

/** undefined: not known yet; null: nobody. */
export const me = signal<Actor | null | undefined>(undefined);

export async function recallMe(): Promise<void> {
  if (isLeaving()) {
    me.value = null;
    return leave().catch(() => undefined);
  }
  try {
    me.value = await get<Actor>("/me");
  } catch (error) {
    if (!(error instanceof Refusal && error.isUnauthenticated)) throw error;
    me.value = null;
  }
}

export function may(permission: Permission): boolean {
  return me.value?.permissions.includes(permission) ?? false;
}

export async function signIn(name: string, password: string): Promise<void> {
  me.value = (await post<{ actor: Actor }>("/sign-in", { name, password })).actor;
}

/** Enter one session by the token of a joining link. */
export async function joinAsGuest(token: string, display_name: string): Promise<void> {
  me.value = (await post<{ actor: Actor }>("/join", { token, display_name })).actor;
}

/** Nobody is here from now on, also where the service cannot be told at once: it is, before anything else is asked. */
export async function signOut(): Promise<void> {
  me.value = null;
  await leave().catch(() => undefined);
}

onLeft(() => (me.value = null));

export function demoAccounts(): Promise<Demo> {
  return get<Demo>("/demo");
}
