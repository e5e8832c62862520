/** Says that a screen is shared and by whom; stops one's own, and shows another's. */
import type { GivenDocument, ShownScreen } from "@nearhand/contract";
import { newestOfScreen, ScreenWatcher, type SeenScreen } from "@nearhand/live/hall";
import { Button, clock, Dialog } from "@nearhand/ui";
import { useSignal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Desk } from "./desk";
import type { DeskHall } from "./hall";
import { t } from "./hallWords";

export function ScreenBand({ desk, hall }: { desk: Desk; hall: DeskHall }) {
  const isOpen = useSignal(false);
  const { document, isEnded, isElsewhere } = desk.view.value;
  const shown = document?.document;
  if (isEnded || isElsewhere || !document || shown?.kind !== "screen") return null;
  if (hall.sharing.id.value === shown.id)
    return (
      <p class="band band-amber" role="status" data-testid="sharing-mine">
        <b>{t("sharingMine")}</b> {t("sharingMineHint")}
        <Button look="danger" onClick={() => hall.sharing.stop()} data-testid="stop-sharing">
          {t("stopSharing")}
        </Button>
      </p>
    );
  const name = desk.nameOf(document.by);
  return (
    <p class="band" role="status" data-testid="sharing-other">
      {t("sharingOther", { name })}
      <Button onClick={() => (isOpen.value = true)} data-testid="look-at-screen">
        {t("lookAtScreen")}
      </Button>
      {isOpen.value && (
        <ScreenDialog
          key={document.seq}
          desk={desk}
          screen={shown}
          given={document}
          onClose={() => (isOpen.value = false)}
        />
      )}
    </p>
  );
}

interface ScreenDialogProps {
  readonly desk: Desk;
  readonly screen: ShownScreen;
  readonly given: GivenDocument;
  readonly onClose: () => void;
}

function ScreenDialog({ desk, screen, given, onClose }: ScreenDialogProps) {
  const [seen, setSeen] = useState<SeenScreen | null>(null);
  const watcher = useRef<ScreenWatcher | null>(null);
  const newest = desk.view.value.screen;
  useEffect(() => {
    const opened = (watcher.current = new ScreenWatcher({
      fetchNewest: () => newestOfScreen(desk.id),
      onSeen: setSeen,
    }));
    return () => opened.close();
  }, []);
  useEffect(() => {
    if (newest?.id === screen.id) watcher.current?.changed(newest);
  }, [newest]);
  const title = t("sharingOther", { name: desk.nameOf(given.by) });
  return (
    <Dialog title={title} onClose={onClose} isWide>
      {seen ? (
        <img class="document" src={seen.src} alt={title} data-sha={seen.sha256} data-testid="others-screen" />
      ) : (
        <p class="soft">{t("screenComes")}</p>
      )}
      {seen && <p class="soft">{t("asOf", { time: clock(new Date(seen.at)) })}</p>}
      <div class="ui-actions">
        <Button onClick={onClose}>{t("close")}</Button>
      </div>
    </Dialog>
  );
}
