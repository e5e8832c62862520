/** Take one picture with this computer's camera. */
import { Button, Dialog } from "@nearhand/ui";
import camera from "lucide-static/icons/camera.svg?raw";
import { useEffect, useRef, useState } from "preact/hooks";
import { t as tShared } from "../words";
import { t } from "./photoWords";

type State = "starting" | "on" | "failed";
const WIDTH_PX = 3840; // as fine as it gets: a face is eleven times as wide as it is high

export function CameraShot({ onShot, onClose }: { onShot: (picture: Blob) => void; onClose: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<State>("starting");
  useEffect(() => {
    let stream: MediaStream | null = null;
    let isGone = false;
    const stop = () => stream?.getTracks().forEach((track) => track.stop());
    const start = async () => {
      const wanted = { facingMode: { ideal: "environment" }, width: { ideal: WIDTH_PX } };
      stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
      if (isGone) return stop();
      video.current!.srcObject = stream;
      await video.current!.play();
      if (!isGone) setState("on");
    };
    // Without a secure context there are no media devices at all.
    start().catch(() => !isGone && setState("failed"));
    return () => {
      isGone = true;
      stop();
    };
  }, []);
  const shoot = () => {
    const { videoWidth, videoHeight } = video.current!;
    const canvas = new OffscreenCanvas(videoWidth, videoHeight);
    canvas.getContext("2d")!.drawImage(video.current!, 0, 0);
    void canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 }).then(onShot);
  };
  return (
    <Dialog title={t("take")} onClose={onClose} isWide>
      {state === "failed" ? (
        <p role="alert">{t("noCamera")}</p>
      ) : (
        <video ref={video} class="photo-video" muted playsInline aria-label={t("take")} />
      )}
      <div class="ui-actions">
        <Button onClick={onClose}>{tShared("cancel")}</Button>
        {state !== "failed" && (
          <Button look="primary" icon={camera} isBusy={state === "starting"} onClick={shoot}>
            {state === "on" ? t("shoot") : t("starting")}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
