/** The wire: every noun and message as a type, and the REST client. */
export * from "./client";
export * from "./generated";
