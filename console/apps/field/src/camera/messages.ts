/** What the page and the reading worker say to each other. */
import type { CameraBelief, FaceLayout, FoundLabel, FoundTag, Intrinsics, Located } from "@nearhand/spatial";

/** A picture to read. `still` asks for it as a JPEG as well, of exactly these pixels. */
export interface ReadFrame {
  type: "frame";
  frame_id: number;
  captured_at: number;
  bitmap: ImageBitmap;
  camera: CameraBelief;
  layout: FaceLayout | null;
  /** Whose face the layout is of; comes back with the answer. */
  deviceId: string | null;
  still: { quality: number } | null;
}

export interface FrameRead {
  type: "read";
  frame_id: number;
  captured_at: number;
  width: number;
  height: number;
  camera: Intrinsics;
  labels: readonly FoundLabel[];
  tags: readonly FoundTag[];
  deviceId: string | null;
  /** Where the layout's face is; null when it is not seen. */
  located: Located | null;
  ms: number;
}

export interface StillTaken {
  type: "still";
  frame: FrameRead;
  jpeg: Blob;
}

export type FromWorker = FrameRead | StillTaken | { type: "failed"; message: string };
