/** How sound and pictures are sent: sound goes first, pictures keep their size. */

import type { Mine } from "./reach";

const HALF_BIT_PER_S = 350_000;
const HALF: RTCRtpEncodingParameters = { rid: "half", scaleResolutionDownBy: 2 };
/** To a media server pictures go in two sizes, so that each who takes them may take the one that their line carries. */
export const SIZES: RTCRtpEncodingParameters[] = [{ rid: "whole" }, HALF];

export async function tuneSending(
  audio: RTCRtpSender | null,
  video: RTCRtpSender | null,
  { pictures, bitPerS }: Mine,
): Promise<void> {
  if (pictures) pictures.contentHint = "detail";
  if (audio)
    await tune(audio, (encoding) => Object.assign(encoding, { priority: "high", networkPriority: "high" }));
  if (video)
    await tune(video, (encoding) =>
      Object.assign(encoding, {
        maxBitrate: encoding.rid === HALF.rid ? Math.min(HALF_BIT_PER_S, bitPerS) : bitPerS,
        priority: "low",
        networkPriority: "low",
      }),
    );
}

async function tune(
  sender: RTCRtpSender,
  change: (encoding: RTCRtpEncodingParameters) => void,
): Promise<void> {
  const parameters = sender.getParameters() as RTCRtpSendParameters & { degradationPreference?: string };
  if (!parameters.encodings?.length) return;
  if (sender.track?.kind === "video") parameters.degradationPreference = "maintain-resolution";
  parameters.encodings.forEach(change);
  await sender.setParameters(parameters).catch(() => undefined); // a browser that knows less does without
}
