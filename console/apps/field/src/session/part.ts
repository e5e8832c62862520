/** The client of live sessions: nobody needs it to scan, so it comes as a part of its own. */
import { part } from "../part";

export const live = part(() => import("./live"));
