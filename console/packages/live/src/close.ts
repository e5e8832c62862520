/** Why a live connection was closed, and what to do about it. */

/** What ends a connection for good until a person acts; the app says it in their language. */
export type StopReason =
  | "bad_protocol" // page and server are of different versions: reload the page
  | "unauthenticated" // sign in again; nothing unsent is lost
  | "no_session" // there is no such session, or it is not for this person
  | "client_taken" // the outbox belongs to somebody else who uses this browser: open the session anew
  | "session_ended" // the session is over; what is stored stays readable
  | "replaced"; // the same outbox is open elsewhere; `connect()` takes it back

/** What the client does after a close. */
export type AfterClose =
  { then: "stop"; because: StopReason } | { then: "retry"; because: string; isSoon: boolean };

/** The server's close codes (`CloseCode` in the live vocabulary). */
export const CLOSE = {
  BAD_PROTOCOL: 4000,
  NO_HELLO: 4001,
  UNAUTHENTICATED: 4003,
  NO_SESSION: 4004,
  CLIENT_TAKEN: 4005,
  IDLE: 4006,
  REPLACED: 4007,
  TOO_SLOW: 4008,
  TOO_LARGE: 4009,
  ENDED: 4010,
  NOT_SAVED: 4011,
  RESTARTING: 4012,
  TOO_MANY_ERRORS: 4013,
} as const;

const ANSWERS: Readonly<Record<number, AfterClose>> = {
  [CLOSE.BAD_PROTOCOL]: { then: "stop", because: "bad_protocol" },
  [CLOSE.NO_HELLO]: { then: "retry", because: "no_hello", isSoon: false },
  [CLOSE.UNAUTHENTICATED]: { then: "stop", because: "unauthenticated" },
  [CLOSE.NO_SESSION]: { then: "stop", because: "no_session" },
  [CLOSE.CLIENT_TAKEN]: { then: "stop", because: "client_taken" },
  [CLOSE.IDLE]: { then: "retry", because: "idle", isSoon: true },
  [CLOSE.REPLACED]: { then: "stop", because: "replaced" },
  [CLOSE.TOO_SLOW]: { then: "retry", because: "too_slow", isSoon: true },
  [CLOSE.TOO_LARGE]: { then: "retry", because: "too_large", isSoon: false },
  [CLOSE.ENDED]: { then: "stop", because: "session_ended" },
  [CLOSE.NOT_SAVED]: { then: "retry", because: "not_saved", isSoon: false },
  [CLOSE.TOO_MANY_ERRORS]: { then: "retry", because: "too_many_errors", isSoon: false },
  [CLOSE.RESTARTING]: { then: "retry", because: "restarting", isSoon: true },
};

/** Codes nobody defined (the network's, a proxy's) are worth another try. */
export function afterClose(code: number): AfterClose {
  return ANSWERS[code] ?? { then: "retry", because: "lost", isSoon: false };
}
