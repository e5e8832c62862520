/** The client of live sessions: nobody needs it to scan, so it comes as a part of its own. */
import { part } from "../part";

/** Voice and live pictures, once a session is open. */
export const voice = part(() => import("./voice"));
/** The camera's controls, phrases, voice notes, and what is looked at together. */
export const hall = part(() => import("../hall/part"));
export const live = part(() => import("./live"));
