/** Sign in by a passkey: alone, or as the second step. Written out, for not every phone turns its answers to JSON. */
import type { Admission, PasskeyOptions } from "@nearhand/contract";
import { post } from "../rest";
import { enterAs } from "./identity";

/** The person let it be, or the phone has none that fits. */
export class NoPasskey extends Error {}

/** The options as the service writes them. */
interface Wanted {
  challenge: string;
  rpId?: string;
  timeout?: number;
  userVerification?: UserVerificationRequirement;
  allowCredentials?: { id: string; type: "public-key"; transports?: AuthenticatorTransport[] }[];
}

/** `ticket`: of the password's step. Raises NoPasskey. */
export async function enterByPasskey(ticket: string | null): Promise<void> {
  const offer = await post<PasskeyOptions>("/sign-in/passkey/options", { ticket });
  const wanted = offer.options as unknown as Wanted;
  const publicKey = {
    ...wanted,
    challenge: bytesOf(wanted.challenge),
    allowCredentials: (wanted.allowCredentials ?? []).map((one) => ({ ...one, id: bytesOf(one.id) })),
  };
  const given = await navigator.credentials.get({ publicKey }).catch((error: unknown) => {
    throw new NoPasskey(String(error), { cause: error });
  });
  if (!(given instanceof PublicKeyCredential)) throw new NoPasskey();
  const answer = given.response as AuthenticatorAssertionResponse;
  const credential = {
    id: given.id,
    rawId: textOf(given.rawId),
    type: given.type,
    clientExtensionResults: given.getClientExtensionResults(),
    response: {
      authenticatorData: textOf(answer.authenticatorData),
      clientDataJSON: textOf(answer.clientDataJSON),
      signature: textOf(answer.signature),
      userHandle: answer.userHandle ? textOf(answer.userHandle) : null,
    },
  };
  const { actor } = await post<Admission>("/sign-in/passkey", { ticket: offer.ticket, credential });
  await enterAs(actor);
}

export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const base64 = base64url.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
}

export function textOf(bytes: ArrayBuffer | Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
