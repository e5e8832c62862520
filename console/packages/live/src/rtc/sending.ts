/** How sound and pictures are sent: sound goes first, pictures keep their size. */

const VIDEO_BITS_PER_S = 2_500_000;
const VIDEO_LINES = 720;

export async function tuneSending(
  audio: RTCRtpSender | null,
  video: RTCRtpSender | null,
  pictures: MediaStreamTrack | null,
): Promise<void> {
  if (pictures) pictures.contentHint = "detail";
  if (audio)
    await tune(audio, (encoding) => Object.assign(encoding, { priority: "high", networkPriority: "high" }));
  const { width, height } = pictures?.getSettings() ?? {};
  const lines = Math.min(width ?? VIDEO_LINES, height ?? VIDEO_LINES);
  if (video)
    await tune(video, (encoding) =>
      Object.assign(encoding, {
        maxBitrate: VIDEO_BITS_PER_S,
        scaleResolutionDownBy: Math.max(1, lines / VIDEO_LINES),
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
