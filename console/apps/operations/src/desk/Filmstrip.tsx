/** The session on one time line: stills, marks, steps and signals, the newest at the right end. */
import type { ServerEvent } from "@nearhand/contract";
import { clock, Icon, signalWord } from "@nearhand/ui";
import badgeCheck from "lucide-static/icons/badge-check.svg?raw";
import circleDot from "lucide-static/icons/circle-dot.svg?raw";
import listChecks from "lucide-static/icons/list-checks.svg?raw";
import logIn from "lucide-static/icons/log-in.svg?raw";
import scanLine from "lucide-static/icons/scan-line.svg?raw";
import square from "lucide-static/icons/square.svg?raw";
import zap from "lucide-static/icons/zap.svg?raw";
import { useEffect, useRef } from "preact/hooks";
import { Failed } from "../shell/Shown";
import { saidOf } from "./Approvals";
import type { Desk } from "./desk";
import { nameOfMark } from "./shapes";
import { stillUrl } from "./stills";
import { t } from "./words";

export function Filmstrip({ desk }: { desk: Desk }) {
  const list = useRef<HTMLOListElement>(null);
  const events = desk.timeline.events.value;
  const problem = desk.timeline.problem.value;
  useEffect(() => {
    const { current } = list;
    if (current && !desk.isHeldByChoice) current.scrollLeft = current.scrollWidth;
  }, [events.length]);
  if (problem && events.length === 0)
    return <Failed error={problem} retry={() => void desk.timeline.load()} />;
  return (
    <ol ref={list} class="filmstrip" aria-label={t("filmstrip")}>
      {events.map((event) => (
        <li key={event.seq} class={`film film-${event.type.replace(".", "-")}`}>
          <FilmButton desk={desk} event={event} />
        </li>
      ))}
      {events.length === 0 && <li class="soft">{t("noEvents")}</li>}
    </ol>
  );
}

function FilmButton({ desk, event }: { desk: Desk; event: ServerEvent }) {
  if (event.type === "still.shared") {
    const isOn = desk.shown.value?.seq === event.still.seq;
    return (
      <button
        type="button"
        aria-pressed={isOn}
        onClick={() => desk.hold(event.still)}
        title={clock(event.at)}
      >
        <img src={stillUrl(desk.id, event.still)} alt={t("picture")} loading="lazy" />
        <time>{clock(event.at)}</time>
      </button>
    );
  }
  const { icon, text } = told(desk, event);
  const mark = event.type === "annotation.added" ? event.annotation.id : null;
  return (
    <button
      type="button"
      disabled={mark === null}
      onClick={() => mark && desk.choose(mark)}
      title={`${text} · ${clock(event.at)}`}
    >
      <Icon svg={icon} size={16} />
      <span>{text}</span>
      <time>{clock(event.at)}</time>
    </button>
  );
}

function told(desk: Desk, event: ServerEvent): { icon: string; text: string } {
  const nameOf = (id: string) =>
    desk.view.value.participants.find((each) => each.id === id)?.display_name ?? t("somebody");
  switch (event.type) {
    case "annotation.added":
      return { icon: circleDot, text: nameOfMark(event.annotation) };
    case "signal.given":
      return { icon: zap, text: t("says", { name: nameOf(event.by), signal: signalWord(event.signal) }) };
    case "step.shown":
      return { icon: listChecks, text: t("step", { n: event.step.step + 1 }) };
    case "device.shown":
      return { icon: scanLine, text: t("deviceShown") };
    case "approval.asked":
    case "approval.given":
      return { icon: badgeCheck, text: saidOf(event.approval) };
    case "participant.joined":
      return { icon: logIn, text: t("joined", { name: event.participant.display_name }) };
    default:
      return { icon: square, text: t("ended") };
  }
}
