/** The expert's screen as it is now, while it is looked at: what is put away costs nothing. */
import { newestOfScreen, ScreenWatcher, type SeenScreen } from "@nearhand/live/hall";
import { budgetState } from "@nearhand/ui/rung";
import { computed } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { showing } from "../camera/showing";
import { room, sessionId } from "../session/room";
import { t } from "../words/hall";
import { Enlargeable } from "./Enlargeable";

const isSpent = computed(() => {
  const data = showing.value?.data.value;
  return data !== undefined && budgetState(data.bytes, data.budget) === "spent";
});

interface ShownScreenProps {
  readonly id: string;
  readonly name: string;
  readonly seen: SeenScreen | null;
  readonly onSeen: (seen: SeenScreen) => void;
}

export function ShownScreen({ id, name, seen, onSeen }: ShownScreenProps) {
  const watcher = useRef<ScreenWatcher | null>(null);
  const newest = room.value?.screen ?? null;
  useEffect(() => {
    const opened = (watcher.current = new ScreenWatcher({
      fetchNewest: () => newestOfScreen(sessionId.peek() ?? ""),
      onSeen,
    }));
    return () => opened.close();
  }, []);
  useEffect(() => watcher.current?.pause(isSpent.value), [isSpent.value]);
  useEffect(() => {
    if (newest?.id === id) watcher.current?.changed(newest);
  }, [newest]);
  const isBehind = newest !== null && newest.id === id && newest.sha256 !== seen?.sha256;
  return (
    <>
      {seen ? (
        <Enlargeable src={seen.src} alt={t("screen_of", { name })} sha256={seen.sha256} />
      ) : (
        <p class="shown-lost">{t("screen_comes")}</p>
      )}
      {isSpent.value && isBehind && (
        <footer>
          <button
            type="button"
            class="big"
            data-testid="screen-load"
            onClick={() => void watcher.current?.fetchNow()}
          >
            {t("load_newest")}
          </button>
        </footer>
      )}
    </>
  );
}
