/** Second steps, enrolment and one's own panel: seldom wanted, so they come as a part of their own. */
import { part } from "../part";

/** Whoever is signed in does without. */
export const signIn = part(() => import("./SignIn"));

/** With a reader of codes of its own. */
export const scanner = part(() => import("./ScanCode"));

export type Entry = typeof import("./entry");
export const entry = part<Entry>(() => import("./entry"));
