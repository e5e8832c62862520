/** What the page and the reading worker say to each other. */
import type { PictureMask } from "@nearhand/contract";
import type {
  CameraBelief,
  PicturePart,
  FaceLayout,
  FaceSize,
  FoundLabel,
  FoundTag,
  Intrinsics,
  Located,
  Vec3,
} from "@nearhand/spatial";
import type { MaskWanted } from "./outgoing";

export type HeldLayout = FaceLayout & { readonly face: FaceSize };

/** A picture for the line: so long at most on its longer side. */
export type PictureWanted =
  | { codec: "jpeg"; longest: number; quality: number }
  | { codec: "vp8"; longest: number; bitPerS: number; isKey: boolean };

/** A JPEG of exactly these pixels; `isWhole`: not only of the device's face. */
export interface StillWanted {
  readonly quality: number;
  readonly isWhole: boolean;
}

/** A picture to read. `still` asks for it as a JPEG as well. */
export interface ReadFrame {
  type: "frame";
  frame_id: number;
  captured_at: number;
  bitmap: ImageBitmap;
  camera: CameraBelief;
  /** Names the camera as it is set, for what is learnt of it; null: not to be learnt. */
  cameraKey: string | null;
  layout: HeldLayout | null;
  /** Whose face the layout is of; comes back with the answer. */
  deviceId: string | null;
  still: StillWanted | null;
  /** A live picture of it is due. The frame is kept for a moment, too. */
  picture: PictureWanted | null;
  /** It is due as a picture of the video track: so long at most. */
  film: { longest: number } | null;
  /** What others may see of it; null: nobody else sees it. */
  mask: MaskWanted | null;
  /** How the camera has turned since the frame before, where a gyroscope tells. */
  turn: Vec3 | null;
}

/** The face was found in an earlier frame, of which a still was taken: it is followed from there on. */
export interface SightedLate {
  type: "sighted";
  frame_id: number;
  deviceId: string;
  face: FaceSize;
  sight: Pick<Located, "pose" | "covariance" | "camera">;
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
  /** All of the picture was searched for tags. */
  isWide: boolean;
  deviceId: string | null;
  /** Symbols that contradict the layout: what is seen is not, or not only, this device. */
  strangers: readonly string[];
  /** The picture is mirrored: no pose can be told from it. */
  isMirrored: boolean;
  /** Where the layout's face is, by its symbols or by what is followed since; null when it is neither seen nor held. */
  located: Located | null;
  /** Too smeared by motion to say anything about it. */
  isBlurred: boolean;
  /** It is on its way as a picture of the video track. */
  isFilmed: boolean;
  /** Points that are followed on the face. */
  features: number;
  ms: number;
}

export interface StillTaken {
  type: "still";
  frame: FrameRead;
  jpeg: Blob;
  /** What is hidden in it. */
  mask: PictureMask;
  /** What it shows of the frame; null: all. */
  part: PicturePart | null;
  /** By which it shows that. */
  camera: Intrinsics;
}

/** A live picture of exactly this frame. */
export interface PictureTaken {
  type: "picture";
  frame: FrameRead;
  width: number;
  height: number;
  codec: PictureWanted["codec"];
  isKey: boolean;
  data: ArrayBuffer;
  mask: PictureMask;
  /** How long it took to be made. */
  ms: number;
}

/** Where pictures of the video track go from now on; without a door they are handed to the page. */
export interface FilmDoor {
  type: "film";
  stream: string;
  door: WritableStream<VideoFrame> | null;
}

/** The sharp still of an earlier frame is wanted. */
export interface Develop {
  type: "develop";
  frame_id: number;
  mask: MaskWanted;
  isWhole: boolean;
}

/** What the frames so far say of the camera. */
export interface Calibrated {
  type: "calibrated";
  cameraKey: string;
  camera: CameraBelief;
  /** Of how many views it was learnt. */
  views: number;
}

export type FromWorker =
  | FrameRead
  | StillTaken
  | PictureTaken
  | { type: "gone"; frame_id: number }
  | { type: "filmed"; picture: ImageBitmap }
  | Calibrated
  | { type: "failed"; message: string };
