/** Read an enrolment's code before anybody is signed in: an app on the home screen shares no cookie with the browser. */
import { useEffect, useRef, useState } from "preact/hooks";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";
import { t } from "../words/access";
import { isEnrolment, offerEnrolment } from "./enrolment";

const LOOK_EVERY_MS = 200;
const MAX_SIDE_PX = 1280;

export function ScanCode({ close }: { close: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const over = new AbortController();
    look(video.current!, over.signal, () => setProblem(t("code_elsewhere"))).catch(
      () => over.signal.aborted || setProblem(t("no_camera")),
    );
    return () => over.abort();
  }, []);
  return (
    <section class="scan-code">
      <p>{t("scan_how")}</p>
      <video ref={video} muted playsInline aria-hidden="true" />
      <p class="problem" role="alert">
        {problem}
      </p>
      <button type="button" class="big" onClick={close}>
        {t("start_again")}
      </button>
    </section>
  );
}

async function look(video: HTMLVideoElement, over: AbortSignal, isElsewhere: () => void): Promise<void> {
  void prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  if (over.aborted) return stop();
  over.addEventListener("abort", stop);
  video.srcObject = stream;
  await video.play();
  const canvas = document.createElement("canvas");
  const paper = canvas.getContext("2d", { willReadFrequently: true })!;
  while (!over.aborted) {
    const scale = Math.min(1, MAX_SIDE_PX / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = video.videoWidth * scale;
    canvas.height = video.videoHeight * scale;
    paper.drawImage(video, 0, 0, canvas.width, canvas.height);
    const picture = paper.getImageData(0, 0, canvas.width, canvas.height);
    for (const { text } of await readBarcodes(picture, { formats: ["QRCode"], tryHarder: true })) {
      if (over.aborted || offerEnrolment(text)) return;
      if (isEnrolment(text)) isElsewhere();
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
