/** Put a page of a document, or a picture of one's screen, before everybody's eyes. */
import type { Document } from "@nearhand/contract";
import { Button, Dialog, notify, useLoad } from "@nearhand/ui";
import monitorUp from "lucide-static/icons/monitor-up.svg?raw";
import screenShare from "lucide-static/icons/screen-share.svg?raw";
import { useEffect, useState } from "preact/hooks";
import type { ScreenShot } from "@nearhand/live/hall";
import { DocumentPage } from "../guides/DocumentPage";
import { loadManuals } from "../guides/manuals";
import { t as tGuides } from "../guides/words";
import { Shown, sentence } from "../shell/Shown";
import type { Desk } from "./desk";
import type { DeskHall } from "./hall";
import { t } from "./hallWords";
import { canShowScreen, pictureOfScreen } from "./screen";

interface ShowDialogProps {
  readonly desk: Desk;
  readonly hall: DeskHall;
  readonly onClose: () => void;
}

export function ShowDialog({ desk, hall, onClose }: ShowDialogProps) {
  const [document, setDocument] = useState<Document | null>(null);
  const [picture, setPicture] = useState<ScreenShot | null>(null);
  const device = desk.device.value?.view.device;
  const shown = desk.view.value.document?.document;
  if (document)
    return <PageDialog document={document} hall={hall} onBack={() => setDocument(null)} onClose={onClose} />;
  if (picture)
    return <PictureDialog picture={picture} hall={hall} onBack={() => setPicture(null)} onClose={onClose} />;
  return (
    <Dialog title={t("showTitle")} onClose={onClose}>
      <p class="soft">{t("showHint")}</p>
      {shown && shown.kind !== "screen" && (
        <p class="button-row" data-testid="shown-now">
          <b>{t("shownNow")}</b>
          <Button onClick={() => desk.session.commands.showDocument(null)} data-testid="take-away">
            {t("takeAway")}
          </Button>
        </p>
      )}
      {canShowScreen() ? (
        <p class="button-row">
          {mayShareScreen(desk) && (
            <Button
              icon={screenShare}
              look="primary"
              disabled={hall.sharing.isStarting.value}
              data-testid="share-screen"
              onClick={() => void hall.sharing.start().then((isShared) => isShared && onClose())}
            >
              {t("shareScreen")}
            </Button>
          )}
          <Button
            icon={monitorUp}
            data-testid="show-screen"
            onClick={() => void pictureOfScreen().then((taken) => taken && setPicture(taken))}
          >
            {t("screen")}
          </Button>
        </p>
      ) : (
        <p class="soft">{t("noScreen")}</p>
      )}
      <h3>{t("documents")}</h3>
      {device ? <Documents deviceId={device.id} choose={setDocument} /> : <p class="soft">{t("noDevice")}</p>}
      <div class="ui-actions">
        <Button onClick={onClose}>{t("close")}</Button>
      </div>
    </Dialog>
  );
}

const mayShareScreen = (desk: Desk): boolean => ["admin", "expert"].includes(desk.view.value.you?.role ?? "");

function Documents({ deviceId, choose }: { deviceId: string; choose: (document: Document) => void }) {
  const manuals = useLoad(deviceId, (signal) => loadManuals({ device_id: deviceId }, signal));
  return (
    <Shown of={manuals}>
      {({ documents }) =>
        documents.length === 0 ? (
          <p class="soft">{t("noDocuments")}</p>
        ) : (
          <ul class="plain-list">
            {documents.map((each) => (
              <li key={each.id}>
                <button type="button" class="link" data-testid="show-document" onClick={() => choose(each)}>
                  {each.title}
                </button>{" "}
                <span class="soft">
                  {each.kind === "markdown" ? tGuides("text") : each.kind.toUpperCase()}
                </span>
              </li>
            ))}
          </ul>
        )
      }
    </Shown>
  );
}

interface PreviewProps {
  readonly hall: DeskHall;
  readonly onBack: () => void;
  readonly onClose: () => void;
}

function PageDialog({ document, hall, onBack, onClose }: PreviewProps & { document: Document }) {
  const [page, setPage] = useState(1);
  const { title, kind, pages } = document;
  const show = () => {
    hall.show(document, page);
    onClose();
  };
  return (
    <Dialog title={title} onClose={onClose} isWide>
      <DocumentPage document={document} page={page} alt={t("pageOf", { n: page, count: pages })} />
      <div class="ui-actions">
        {kind !== "markdown" && pages > 1 && (
          <label class="show-page">
            {t("page")}
            <input
              class="ui-input"
              type="number"
              min={1}
              max={pages}
              value={page}
              data-testid="show-page"
              onInput={({ currentTarget: { valueAsNumber: n } }) =>
                n >= 1 && n <= pages && setPage(Math.floor(n))
              }
            />
            <span class="soft">/ {pages}</span>
          </label>
        )}
        <Button onClick={onBack}>{t("back")}</Button>
        <Button look="primary" onClick={show} data-testid="show-this">
          {t("showPage")}
        </Button>
      </div>
    </Dialog>
  );
}

function PictureDialog({ picture, hall, onBack, onClose }: PreviewProps & { picture: ScreenShot }) {
  const [isBusy, setBusy] = useState(false);
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(picture.blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  const show = async () => {
    setBusy(true);
    try {
      await hall.showPicture(picture);
      onClose();
    } catch (error) {
      notify(sentence(error), "bad");
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("screen")} onClose={onClose} isWide>
      {url && <img class="document" src={url} alt={t("screen")} />}
      <div class="ui-actions">
        <Button onClick={onBack}>{t("back")}</Button>
        <Button look="primary" disabled={isBusy} onClick={() => void show()} data-testid="show-this">
          {t("showPicture")}
        </Button>
      </div>
    </Dialog>
  );
}
