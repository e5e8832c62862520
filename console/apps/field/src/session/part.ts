/** The client of live sessions: nobody needs it to scan, so it comes as a part of its own. */
import { part } from "../part";

/** Voice and live pictures, once a session is open. */
export const voice = part(() => import("./voice"));
export const live = part(() => import("./live"));
