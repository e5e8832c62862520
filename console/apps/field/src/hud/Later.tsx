/** The place of a part that may still be on its way, or could not be had. */
import { ErrorState, Skeleton, useLoad } from "@nearhand/ui";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Part } from "../part";
import { isOffline } from "../rest";
import { t } from "../words/panels";

interface LaterProps<T> {
  part: Part<T>;
  children: (loaded: T) => ComponentChildren;
}

export function Later<T>({ part, children }: LaterProps<T>) {
  const here = part.here.value;
  return here ? <>{children(here)}</> : <Coming load={part.load} />;
}

function Coming({ load }: { load: () => Promise<unknown> }) {
  const { status, reload } = useLoad("part", load);
  const [tries, setTries] = useState(1);
  const offline = isOffline.value;
  useEffect(() => {
    if (status === "failed" && !offline) reload(); // the line is back
  }, [offline]);
  if (status !== "failed")
    return (
      <div class="late" data-testid="part-coming">
        <Skeleton rows={6} />
      </div>
    );
  if (offline)
    return (
      <ErrorState
        title={t("part_offline")}
        detail={t("part_offline_text")}
        retry={{ label: t("try_again"), run: reload }}
      />
    );
  // Some browsers remember that a script could not be had, and a newer version no longer has it: then only a
  // new page helps.
  const again = () => {
    if (tries > 1) return location.reload();
    setTries(tries + 1);
    reload();
  };
  return (
    <ErrorState
      title={t("part_failed")}
      retry={{ label: t(tries > 1 ? "reload" : "try_again"), run: again }}
    />
  );
}
