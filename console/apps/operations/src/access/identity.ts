/** Who is using this console, and what they may do. */
import {
  type Acceptance,
  type Actor,
  type Demo,
  type FactorNeeded,
  isLeaving,
  type Me,
  onLeft,
  type Permission,
  Refusal,
  type Role,
  type SignInOptions,
} from "@nearhand/contract";
import { signal } from "@preact/signals";
import { get, leave, post, send } from "../rest";
import { passkeyAnswer } from "./passkeys";

/** undefined: not known yet; null: nobody. */
export const me = signal<Me | null | undefined>(undefined);

/** Whether somebody was here until the service told that their sign-in is over. */
export const hasExpired = signal(false);

export async function recallMe(): Promise<void> {
  if (isLeaving()) {
    me.value = null;
    return leave().catch(() => undefined);
  }
  try {
    me.value = await get<Me>("/me");
    hasExpired.value = false;
  } catch (error) {
    if (!(error instanceof Refusal && error.isUnauthenticated)) throw error;
    me.value = null;
  }
}

/** The service knows nobody here any more. */
export function forgetMe(): void {
  if (me.value) hasExpired.value = true;
  me.value = null;
}

export function may(permission: Permission): boolean {
  return me.value?.permissions.includes(permission) ?? false;
}

/** By name and password; answers what is wanted besides, if anything is. */
export async function signIn(name: string, password: string): Promise<FactorNeeded | null> {
  const answer = await post<{ actor: Actor } | FactorNeeded>("/sign-in", { name, password });
  if ("ticket" in answer) return answer;
  await recallMe();
  return null;
}

/** The second step, by a code of the authenticator app or a recovery code. */
export async function signInByCode(ticket: string, code: string): Promise<void> {
  await post("/sign-in/code", { ticket, code });
  await recallMe();
}

/** By a passkey: alone, or with the password's ticket as the second step. */
export async function signInByPasskey(ticket: string | null = null): Promise<void> {
  await post("/sign-in/passkey", await passkeyAnswer(ticket));
  await recallMe();
}

/** Enter one session by the token of a joining link. */
export async function joinAsGuest(token: string, display_name: string): Promise<void> {
  await post("/join", { token, display_name });
  await recallMe();
}

/** Become an account by an invitation. */
export async function acceptInvitation(given: Acceptance): Promise<void> {
  await post("/invitations/accept", given);
  await recallMe();
}

export async function resetPassword(token: string, password: string): Promise<void> {
  await send("/password-resets/use", { token, password });
}

export async function askForReset(email: string): Promise<void> {
  await send("/password-resets", { email });
}

/** Nobody is here from now on, also where the service cannot be told at once: it is, before anything else is asked. */
export async function signOut(): Promise<void> {
  me.value = null;
  hasExpired.value = false;
  await leave().catch(() => undefined);
}

onLeft(() => (me.value = null));

export function demoAccounts(): Promise<Demo> {
  return get<Demo>("/demo");
}

export function signInOptions(): Promise<SignInOptions> {
  return get<SignInOptions>("/sign-in");
}

/** Whether they are so everywhere, and so for what belongs to the whole house. */
export function isEverywhere(role: Role): boolean {
  return (
    me.value?.grants.some(
      (grant) => grant.role === role && !grant.tenant_id && !grant.site_id && !grant.rack_id,
    ) ?? false
  );
}
