/** Passkeys: what the browser is asked for, between the service's question and its answer. */
import type { NewPasskey, PasskeyAnswer, PasskeyOptions } from "@nearhand/contract";
import { post } from "../rest";

/** The person closed the browser's question, or has no passkey here. */
export class NoPasskey extends Error {}

export const canUsePasskeys = (): boolean =>
  typeof globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON === "function";

export async function passkeyAnswer(ticket: string | null): Promise<PasskeyAnswer> {
  const offer = await post<PasskeyOptions>("/sign-in/passkey/options", { ticket });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    offer.options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  return { ticket: offer.ticket, credential: await given(navigator.credentials.get({ publicKey })) };
}

/** Of one's own account, which is under a stronger sign-in afterwards. */
export async function addPasskey(name: string): Promise<void> {
  const offer = await post<PasskeyOptions>("/me/passkeys/options", {});
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    offer.options as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  const credential = await given(navigator.credentials.create({ publicKey }));
  await post("/me/passkeys", { ticket: offer.ticket, credential, name } satisfies NewPasskey);
}

async function given(asking: Promise<Credential | null>): Promise<Record<string, unknown>> {
  const credential = await asking.catch((error: unknown) => {
    throw error instanceof DOMException && error.name !== "InvalidStateError" ? new NoPasskey() : error;
  });
  if (!(credential instanceof PublicKeyCredential)) throw new NoPasskey();
  return credential.toJSON() as Record<string, unknown>;
}
