/** The client of live sessions: see `part.ts`. */
export { openSession, sendUnsent } from "@nearhand/live";
export { MaskLine, MaskSign } from "../video/MaskSign";
export { showPictures } from "../video/show";
export { OverBudget } from "../video/DataChoice";
export { RungChip, RungChoice } from "../video/RungChip";
export { RecordingNow } from "./RecordingNow";
export { StillSender } from "./stills";
