/** The client of live sessions: see `part.ts`. */
export { openSession, sendUnsent } from "@nearhand/live";
