/** The single sign-on: set out for it, come back from it, and sign out of it too. */
import {
  type FactorNeeded,
  hasLeft,
  placeOf,
  providerAnswer,
  type ProviderAdmission,
  type ProviderFactorNeeded,
  type ProviderWay,
} from "@nearhand/contract";
import { post } from "../rest";
import { me, recallMe } from "./identity";

/** Set while somebody may still be known to the provider in this browser. */
const KNOWN_THERE = "nearhand.known-at-provider";

export interface Wanted {
  to?: string;
  invitation?: string;
  /** Prove anew who one is, though the provider knows. */
  again?: boolean;
}

/** Leaves this page. */
export async function goToProvider(wanted: Wanted = {}): Promise<void> {
  const { url } = await post<ProviderWay>("/sign-in/provider", { to: placeOf(location), ...wanted });
  location.assign(url);
  await new Promise(() => undefined); // what is pressed meanwhile would only start it again
}

export interface CameBack {
  to: string;
  /** Not null: the account's own second factor is wanted besides. */
  step: FactorNeeded | null;
}

export async function comeBack(hash: string): Promise<CameBack> {
  const answer = await post<ProviderAdmission | ProviderFactorNeeded>(
    "/sign-in/provider/finish",
    providerAnswer(hash),
  );
  localStorage.setItem(KNOWN_THERE, "yes");
  if ("ticket" in answer) {
    me.value = null; // whoever was here before is not who is asked for the second step
    return { to: answer.to, step: answer };
  }
  await recallMe();
  return { to: answer.to, step: null };
}

/** Whether somebody signed out here who is perhaps still signed in there. */
export const mayLeaveProvider = (): boolean => hasLeft() && localStorage.getItem(KNOWN_THERE) !== null;

/** Leaves this page; the provider leads back to it. */
export async function leaveProvider(): Promise<void> {
  const { url } = await post<ProviderWay>("/sign-out/provider", {});
  localStorage.removeItem(KNOWN_THERE);
  location.assign(url);
}
