/** The parts of the camera screen that come with a session: see `session/part.ts`. */
import "./hall.css";

export { phraseText } from "@nearhand/ui/hall";
export { CameraBar, CameraRequest } from "./CameraBar";
export { heard, sendLeft } from "./hall";
export { HallTalk } from "./HallTalk";
export { Lens } from "./Lens";
export { Line } from "./Line";
export { ShownChip, ShownDocument } from "./ShownDocument";
