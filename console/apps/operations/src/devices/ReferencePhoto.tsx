/** One side's reference photograph: as it is kept, and a new one tried before it takes its place. */
import type { Face, FaceSide, Rectified, ReferencePicture } from "@nearhand/contract";
import { Button, Confirm, ErrorState, notify } from "@nearhand/ui";
import camera from "lucide-static/icons/camera.svg?raw";
import trash from "lucide-static/icons/trash-2.svg?raw";
import upload from "lucide-static/icons/upload.svg?raw";
import { useRef, useState } from "preact/hooks";
import { may } from "../access/identity";
import { address, ask, remove } from "../rest";
import { explain, sentence } from "../shell/Shown";
import { t as tShared } from "../words";
import { CameraShot } from "./CameraShot";
import { FaceOverPicture } from "./FaceOverPicture";
import { t } from "./photoWords";
import { t as tDevices } from "./words";

interface ReferencePhotoProps {
  typeId: string;
  /** Whose page this is: most likely it is also in the photograph. */
  deviceId: string;
  side: FaceSide;
  face: Face;
  kept: ReferencePicture | undefined;
  onChange: () => void;
}

interface Tried {
  photo: Blob;
  result: Rectified;
}

export function ReferencePhoto({ typeId, deviceId, side, face, kept, onChange }: ReferencePhotoProps) {
  const door = `/device-types/${typeId}/faces/${side}/picture`;
  const [tried, setTried] = useState<Tried | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const [hasPorts, setHasPorts] = useState(true);

  const send = async (photo: Blob, query: { dry_run?: boolean; fill?: boolean }): Promise<Rectified> => {
    const headers = { "Content-Type": "application/octet-stream", ...(kept && { "If-Match": `"${kept.version}"` }) }; // prettier-ignore
    return (
      await ask(door, { method: "PUT", query: { ...query, shown_id: deviceId }, body: photo, headers })
    ).json() as Promise<Rectified>;
  };
  const act = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    await work().catch(setError);
    setBusy(false);
  };
  const tryOut = (photo: Blob) =>
    act(async () => setTried({ photo, result: await send(photo, { dry_run: true }) }));
  const keep = (fill: boolean) =>
    act(async () => {
      await send(tried!.photo, { fill });
      setTried(null);
      notify(t("kept"), "good");
      onChange();
    });
  const shown = tried?.result.picture ?? kept;
  const href = tried
    ? `data:image/webp;base64,${tried.result.preview}`
    : kept && address(door, { v: kept.version });
  return (
    <section class="photo" data-testid={`photo-${side}`}>
      <h2>{tDevices(side)}</h2>
      {shown && href ? (
        <>
          <FaceOverPicture
            face={face}
            href={href}
            hasPorts={hasPorts}
            title={t("picture", { side: tDevices(side) })}
          />
          <Facts picture={shown} tried={tried?.result} />
          <label class="photo-check">
            <input type="checkbox" checked={hasPorts} onChange={() => setHasPorts(!hasPorts)} />{" "}
            {t("showPorts")}
          </label>
        </>
      ) : (
        <p class="soft photo-none">{isBusy ? t("working") : t("none")}</p>
      )}
      {error !== null && <ErrorState {...explain(error)} />}
      {may("labels.make") &&
        (tried ? (
          <div class="button-row">
            <Button look="primary" isBusy={isBusy} onClick={() => void keep(false)} data-testid="photo-keep">
              {t(kept ? "replace" : "save")}
            </Button>
            {kept && kept.known_share < 1 && (
              <Button isBusy={isBusy} onClick={() => void keep(true)}>
                {t("fill")}
              </Button>
            )}
            <Button disabled={isBusy} onClick={() => setTried(null)}>
              {t("retake")}
            </Button>
          </div>
        ) : (
          <Sources isBusy={isBusy} onPhoto={(photo) => void tryOut(photo)}>
            {kept && <Remove door={door} version={kept.version} onDone={onChange} />}
          </Sources>
        ))}
    </section>
  );
}

function Facts({ picture, tried }: { picture: ReferencePicture; tried: Rectified | undefined }) {
  const symbols = tried && [
    ...(tried.label_seen ? [t("label")] : []),
    ...tried.tags_seen.map((id) => t("tag", { id })),
  ];
  const share = Math.round(picture.known_share * 100);
  return (
    <p class="soft" role="status">
      {symbols && <b>{t("seen", { symbols: symbols.join(", ") })}. </b>}
      {t("facts", { share, ring: picture.ring_mm.toFixed(2), count: picture.photographs })}
      {tried && <> {t("check")}</>}
    </p>
  );
}

interface SourcesProps {
  isBusy: boolean;
  onPhoto: (photo: Blob) => void;
  children: preact.ComponentChildren;
}

function Sources({ isBusy, onPhoto, children }: SourcesProps) {
  const file = useRef<HTMLInputElement>(null);
  const [isShooting, setShooting] = useState(false);
  return (
    <div class="button-row">
      <input
        ref={file}
        type="file"
        accept="image/jpeg,image/png,image/webp"
        hidden
        aria-hidden="true"
        data-testid="photo-file"
        onChange={({ currentTarget }) => {
          const photo = currentTarget.files?.[0];
          currentTarget.value = ""; // the same file may be chosen again
          if (photo) onPhoto(photo);
        }}
      />
      <Button icon={upload} isBusy={isBusy} onClick={() => file.current!.click()}>
        {t(isBusy ? "working" : "upload")}
      </Button>
      <Button icon={camera} disabled={isBusy} onClick={() => setShooting(true)}>
        {t("take")}
      </Button>
      {children}
      {isShooting && (
        <CameraShot
          onClose={() => setShooting(false)}
          onShot={(photo) => {
            setShooting(false);
            onPhoto(photo);
          }}
        />
      )}
    </div>
  );
}

function Remove({ door, version, onDone }: { door: string; version: number; onDone: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const yes = async () => {
    setBusy(true);
    try {
      await remove(door, `"${version}"`);
      notify(t("removed"), "good");
      onDone();
    } catch (error) {
      notify(sentence(error), "bad");
    }
    setBusy(false);
    setAsking(false);
  };
  return (
    <>
      <Button icon={trash} look="danger" onClick={() => setAsking(true)}>
        {t("remove")}
      </Button>
      {isAsking && (
        <Confirm
          title={t("remove")}
          body={t("removeAsk")}
          yes={t("remove")}
          no={tShared("cancel")}
          isBusy={isBusy}
          onYes={() => void yes()}
          onNo={() => setAsking(false)}
        />
      )}
    </>
  );
}
