/** An entry's details as rows: what differs before and after by its path, and everything else by its name. */
import type { Entry } from "@nearhand/contract";

export interface Row {
  name: string;
  before?: string;
  after?: string;
}

type Content = Record<string, unknown>;

const isContent = (value: unknown): value is Content =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** As it stands in the ledger, texts without their quotes. */
export const said = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const cell = (content: Content, name: string) => (name in content ? said(content[name]) : undefined);

/** Each name of either side, in the order in which they stand there. */
export function differences({ details }: Pick<Entry, "details">): Row[] {
  const before = isContent(details?.["before"]) ? details["before"] : {};
  const after = isContent(details?.["after"]) ? details["after"] : {};
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].map((name) => {
    const was = cell(before, name);
    const is = cell(after, name);
    return {
      name,
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is }),
    };
  });
}

/** What else it says: where from, how, why. The doer's name is said elsewhere. */
export function facts({ details }: Pick<Entry, "details">): [string, string][] {
  const isSide = (name: string) => (name === "before" || name === "after") && isContent(details?.[name]);
  return Object.entries(details ?? {})
    .filter(([name]) => name !== "name" && !isSide(name))
    .map(([name, value]) => [name, said(value)]);
}

/** Who did it: the name as it was then, else the id. */
export function doer({ actor, details }: Pick<Entry, "actor" | "details">): string {
  const name = details?.["name"];
  return (typeof name === "string" && name) || actor.id || actor.kind;
}
