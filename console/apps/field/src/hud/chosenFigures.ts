/** Which figures stand on the picture: those the work is about, then those that show trouble, then the device's own. */
import type { Series } from "@nearhand/contract";

const SHOWN = 3;

export function chosenFigures(all: readonly Series[], ports: ReadonlySet<string>): readonly Series[] {
  const known = all.filter(({ last_value }) => last_value !== null);
  const rank = (one: Series) => {
    if (one.key.port === "") return 3;
    if (!ports.has(one.key.port)) return 2;
    return isError(one) ? 0 : 1;
  };
  return known
    .filter((one) => rank(one) !== 2 || (isError(one) && one.last_value! > 0))
    .sort((a, b) => rank(a) - rank(b) || (rank(a) === 2 ? b.last_value! - a.last_value! : 0))
    .slice(0, SHOWN);
}

function isError({ key }: Series): boolean {
  return key.quantity.startsWith("errors");
}
