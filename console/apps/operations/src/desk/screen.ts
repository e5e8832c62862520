/** One picture of the expert's screen, of what they choose to show. */

export interface Picture {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
}

const LONGEST_PX = 2560;
const QUALITY = 0.85;

export const canShowScreen = (): boolean => "getDisplayMedia" in (navigator.mediaDevices ?? {});

/** Null: nothing was chosen. */
export async function pictureOfScreen(): Promise<Picture | null> {
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: false });
  } catch {
    return null;
  }
  try {
    const video = document.createElement("video");
    video.srcObject = stream;
    video.muted = true;
    await video.play();
    return await drawn(video);
  } finally {
    for (const track of stream.getTracks()) track.stop(); // one picture was asked for, and no more is taken
  }
}

async function drawn(video: HTMLVideoElement): Promise<Picture | null> {
  const scale = Math.min(1, LONGEST_PX / Math.max(video.videoWidth, video.videoHeight));
  const [width, height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d")!.drawImage(video, 0, 0, width, height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return blob && { blob, width, height };
}
