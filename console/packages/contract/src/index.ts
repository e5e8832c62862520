/** The wire: every noun and message as a type, and the REST client. */
import type { OnFace, OnFrame, OnPort } from "./generated";

export * from "./client";
export * from "./generated";
export * from "./marks";
export * from "./provider";
export * from "./signOut";

/** Where something is drawn: on a picture, on a face drawing, or at a named port. */
export type Place = OnFrame | OnFace | OnPort;
