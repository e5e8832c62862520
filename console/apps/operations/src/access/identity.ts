/** Who is using this console, and what they may do. */
import type { Actor, Demo, Permission } from "@nearhand/contract";
import { signal } from "@preact/signals";
import { Refusal } from "@nearhand/contract";
import { ask, get, post } from "../rest";

/** undefined: not known yet; null: nobody. */
export const me = signal<Actor | null | undefined>(undefined);

export async function recallMe(): Promise<void> {
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

export async function signOut(): Promise<void> {
  await ask("/sign-out", { method: "POST" });
  me.value = null;
}

export function demoAccounts(): Promise<Demo> {
  return get<Demo>("/demo");
}
