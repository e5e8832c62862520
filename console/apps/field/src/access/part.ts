/** Second steps, enrolment and one's own panel: seldom wanted, so they come as a part of their own. */
import { part } from "../part";

export const entry = part(() => import("./entry"));
