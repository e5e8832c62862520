/** What an event says on one line, and by which sign it is known. */
import type { ServerEvent } from "@nearhand/contract";
import type { SessionView } from "@nearhand/live";
import { signalWord } from "@nearhand/ui";
import { phraseText } from "@nearhand/ui/hall";
import badgeCheck from "lucide-static/icons/badge-check.svg?raw";
import camera from "lucide-static/icons/camera.svg?raw";
import circleDot from "lucide-static/icons/circle-dot.svg?raw";
import eraser from "lucide-static/icons/eraser.svg?raw";
import listChecks from "lucide-static/icons/list-checks.svg?raw";
import logIn from "lucide-static/icons/log-in.svg?raw";
import messageSquare from "lucide-static/icons/message-square.svg?raw";
import presentation from "lucide-static/icons/presentation.svg?raw";
import scanLine from "lucide-static/icons/scan-line.svg?raw";
import square from "lucide-static/icons/square.svg?raw";
import video from "lucide-static/icons/video.svg?raw";
import zap from "lucide-static/icons/zap.svg?raw";
import { saidOf } from "../desk/Approvals";
import { nameOfMark } from "../desk/shapes";
import { t as tDesk } from "../desk/words";
import { t } from "./words";

export interface Line {
  readonly icon: string;
  readonly text: string;
}

const SHOWN = {
  page: "showsPage",
  picture: "showsPicture",
  screen: "sharesScreen",
  none: "showsNoMore",
} as const;

export function nameIn({ participants }: Pick<SessionView, "participants">, id: string): string {
  return participants.find((each) => each.id === id)?.display_name ?? tDesk("somebody");
}

export function says(event: ServerEvent, view: Pick<SessionView, "participants">): Line {
  const name = nameIn(view, event.by);
  switch (event.type) {
    case "still.shared":
      return { icon: camera, text: t("pictureOf", { name }) };
    case "annotation.added":
      return { icon: circleDot, text: t("added", { name, mark: nameOfMark(event.annotation) }) };
    case "annotation.edited":
      return { icon: circleDot, text: t("edited", { mark: nameOfMark(event.annotation) }) };
    case "annotation.restored":
      return { icon: circleDot, text: t("restored", { mark: nameOfMark(event.annotation) }) };
    case "annotation.removed":
      return { icon: eraser, text: t("removed") };
    case "chat.said":
      return { icon: messageSquare, text: t("said", { name, text: phraseText(event) }) };
    case "signal.given":
      return { icon: zap, text: tDesk("says", { name, signal: signalWord(event.signal) }) };
    case "step.shown":
      return { icon: listChecks, text: tDesk("step", { n: event.step.step + 1 }) };
    case "device.shown":
      return { icon: scanLine, text: tDesk("deviceShown") };
    case "document.shown":
      return { icon: presentation, text: t(SHOWN[event.document?.kind ?? "none"], { name }) };
    case "approval.asked":
    case "approval.given":
      return { icon: badgeCheck, text: saidOf(event.approval) };
    case "recording.asked":
      return { icon: video, text: t("recordingAsked", { name }) };
    case "recording.agreed":
      return { icon: video, text: t("recordingAgreed", { name }) };
    case "recording.began":
      return { icon: video, text: t("recordingBegan") };
    case "recording.paused":
      return { icon: video, text: t("recordingPaused") };
    case "recording.ended":
      return { icon: video, text: t("recordingEnded") };
    case "participant.joined":
      return { icon: logIn, text: tDesk("joined", { name: event.participant.display_name }) };
    default:
      return { icon: square, text: tDesk("ended") };
  }
}
