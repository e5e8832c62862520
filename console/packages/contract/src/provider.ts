/** The single sign-on's way there and back, as both apps walk it. */
import type { ProviderAnswer } from "./generated";

/** How long an address may be that is come back to; what of a list was searched for may be longer. */
const LONGEST = 300;

/** Where to be again afterwards. */
export const placeOf = ({ pathname, search }: Pick<Location, "pathname" | "search">): string =>
  pathname.length + search.length > LONGEST ? pathname : pathname + search;

/** What the provider gave the browser to bring; it comes in the fragment, which no server is sent. */
export function providerAnswer(hash: string): ProviderAnswer {
  const said = new URLSearchParams(hash.replace(/^#/, ""));
  const { state = "", code = "", error = "", iss } = Object.fromEntries(said);
  return { state, code, error, iss: iss ?? null };
}
