/** A live session from a browser page: `openSession`, follow its `live`, call its `commands`. See README.md. */

export { afterClose, CLOSE, type AfterClose, type StopReason } from "./close";
export { Commands, type EditedMark, type NewMark, type NewStill, type UndoState } from "./commands";
export { Connection, type ConnectionOptions, type Link, type OpenSocket, type Socket } from "./connection";
export type { Passing } from "./fleeting";
export { type Directed, Live, PROTOCOL, type LiveOptions, type LiveView, type RefusedWish } from "./live";
export { openSession, sendUnsent, type OpenOptions, type OpenSession, type UnsentOptions } from "./open";
export { claimOutboxes, Outbox, randomId, type Ask, type Scope, type Wish } from "./outbox";
export { pendingOf, type Pending, type PendingLine, type PendingMark } from "./pending";
export { packPicture, readPicture, type PictureHead } from "./picture";
export { PictureSender, type Paced, type SenderOptions } from "./pictureSender";
export { PictureWatcher, type CamePicture, type WatcherOptions } from "./pictureWatcher";
export { EMPTY_SESSION, Gap, isEvent, reduce, type Refusal, type SessionView } from "./session";
export {
  indexedDbShelf,
  memoryLocks,
  memoryShelf,
  webLocks,
  type KeptOutbox,
  type Locks,
  type OutboxHeader,
  type OutboxShelf,
} from "./shelf";
export { Value, type Store, type Unsubscribe } from "./store";
export { watchWall, type WallOptions } from "./wall";
