/** The video track that others get: it shows the frames that the worker has read and numbered, and no others. */

/** What of it the worker needs: a door for whole frames, or none, and then it hands pictures to the page. */
export interface FilmTrack {
  readonly track: MediaStreamTrack;
  readonly door: WritableStream<VideoFrame> | null;
  /** Without a door: the next picture. */
  show(picture: ImageBitmap): void;
}

type Generator = MediaStreamTrack & { readonly writable: WritableStream<VideoFrame> };
declare const MediaStreamTrackGenerator: undefined | (new (init: { kind: "video" }) => Generator);

export function newFilmTrack(): FilmTrack | null {
  if (typeof MediaStreamTrackGenerator !== "undefined") {
    const track = new MediaStreamTrackGenerator({ kind: "video" });
    return { track, door: track.writable, show: (picture) => picture.close() };
  }
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { alpha: false });
  const track = canvas.captureStream?.(0).getVideoTracks()[0] as CanvasCaptureMediaStreamTrack | undefined;
  if (!context || !track) return null; // such a browser shows pictures over the line, and stills
  const show = (picture: ImageBitmap) => {
    const { width, height } = picture;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.drawImage(picture, 0, 0);
    picture.close();
    track.requestFrame();
  };
  return { track, door: null, show };
}
