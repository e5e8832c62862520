/** How sound and pictures are sent: sound goes first, pictures keep their size. */

export const VIDEO_BITS_PER_S = 2_500_000;

export async function tuneSending(
  audio: RTCRtpSender | null,
  video: RTCRtpSender | null,
  pictures: MediaStreamTrack | null,
  bitPerS: number,
): Promise<void> {
  if (pictures) pictures.contentHint = "detail";
  if (audio)
    await tune(audio, (encoding) => Object.assign(encoding, { priority: "high", networkPriority: "high" }));
  if (video)
    await tune(video, (encoding) =>
      Object.assign(encoding, {
        maxBitrate: bitPerS,
        priority: "low",
        networkPriority: "low",
      }),
    );
}

export async function limitSending(video: RTCRtpSender, bitPerS: number): Promise<void> {
  await tune(video, (encoding) => (encoding.maxBitrate = bitPerS));
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
