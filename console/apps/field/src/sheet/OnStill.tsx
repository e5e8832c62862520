/** One still with the marks that are on it and nowhere else; the others, one button away. */
import type { StillMark } from "@nearhand/contract";
import { Button, clock, ErrorState, MarkInk, Skeleton } from "@nearhand/ui";
import type { Point, Size } from "@nearhand/spatial";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { aboutPoint } from "../overlay/place";
import { Words } from "../overlay/Words";
import { markedStills, marksOnStills, lookedAt, openedStill } from "../session/onStills";
import { nameOf, room, sessionId } from "../session/room";
import { t as tn } from "../words/names";
import { t } from "../words/sheet";
import { inkOnStill, namedOnStill } from "./stillWords";
import "./still.css";

const ENLARGED = 2.5;

export function OnStill() {
  const stills = markedStills.value;
  const sha256 = openedStill.value !== null && stills.includes(openedStill.value) ? openedStill.value : stills.at(-1); // prettier-ignore
  const [isLarge, setLarge] = useState(false);
  const marks = marksOnStills.value.filter(({ anchor }) => anchor.sha256 === sha256);
  useEffect(() => lookedAt(marks), [marks.map(({ id }) => id).join(" ")]);
  if (!sha256 || marks.length === 0) return <p class="still-gone">{t("still_no_marks")}</p>;
  const n = stills.indexOf(sha256);
  const turn = (by: number) => (openedStill.value = stills[n + by]!);
  return (
    <>
      <StillPicture key={sha256} marks={marks} isLarge={isLarge} />
      <footer>
        <p>{t("still_means")}</p>
        <ul>
          {marks.map((mark) => (
            <li key={mark.id}>
              <b>{mark.text || tn(mark.shape)}</b>{" "}
              <small>
                {[mark.text && tn(mark.shape), nameOf(mark.created_by), clock(mark.created_at)]
                  .filter(Boolean)
                  .join(" · ")}
              </small>
            </li>
          ))}
        </ul>
        <nav class="thumb">
          {stills.length > 1 && (
            <Button disabled={n === 0} onClick={() => turn(-1)}>
              {t("still_before")}
            </Button>
          )}
          <Button aria-pressed={isLarge} onClick={() => setLarge(!isLarge)}>
            {t(isLarge ? "still_whole" : "still_enlarge")}
          </Button>
          {stills.length > 1 && (
            <Button disabled={n === stills.length - 1} onClick={() => turn(1)}>
              {t("still_next")}
            </Button>
          )}
        </nav>
      </footer>
    </>
  );
}

function StillPicture({ marks, isLarge }: { marks: readonly StillMark[]; isLarge: boolean }) {
  const { sha256, width, height } = marks[0]!.anchor;
  const frame = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<"coming" | "here" | "failed">("coming");
  const [tries, setTries] = useState(0);
  const box = useFitting(frame, width / height, isLarge ? ENLARGED : 1);
  const scale = ([u, v]: Point): Point => [u * box.width, v * box.height];
  const newest = marks.at(-1)!;
  const [u, v] = newest.anchor.points[aboutPoint(newest.shape, newest.anchor.points.length)]!;
  useLayoutEffect(() => {
    const { current } = frame;
    current?.scrollTo(u * box.width - current.clientWidth / 2, v * box.height - current.clientHeight / 2);
  }, [isLarge, newest.id, box.width]);
  const path = `/api/v1/sessions/${encodeURIComponent(sessionId.value ?? "")}/stills/${sha256}`;
  return (
    <div ref={frame} class="still-frame" data-testid="still-frame" data-state={state}>
      {state === "failed" && (
        <ErrorState
          title={t("still_missing")}
          detail={t("still_missing_text")}
          retry={{ label: t("try_again"), run: () => (setState("coming"), setTries(tries + 1)) }}
        />
      )}
      {state === "coming" && <Skeleton rows={3} height={40} />}
      {state !== "failed" && (
        <div class="still-sheet" style={{ width: `${box.width}px`, height: `${box.height}px` }}>
          <img
            key={tries}
            src={path}
            alt={t("still_alt")}
            onLoad={() => setState("here")}
            onError={() => setState("failed")}
          />
          <svg viewBox={`0 0 ${box.width} ${box.height}`} aria-hidden="true">
            {marks.map((mark) => (
              <g key={mark.id} data-annotation-id={mark.id} data-shape={mark.shape}>
                <MarkInk shape={mark.shape} points={inkOnStill(mark).map(scale)} />
              </g>
            ))}
            <Strokes marks={marks} scale={scale} />
            <Words named={marks.flatMap((mark) => namedOnStill(mark, scale))} box={box} keepOut={[]} />
          </svg>
        </div>
      )}
    </div>
  );
}

/** What is being drawn on this very still just now. */
function Strokes({ marks, scale }: { marks: readonly StillMark[]; scale: (point: Point) => Point }) {
  const here = marks[0]!.frame;
  return (
    <>
      {Object.values(room.value?.strokes ?? {}).map(({ id, shape, frame, points }) => {
        const isHere = frame && frame.stream === here?.stream && frame.frame_id === here.frame_id;
        return isHere && points.length > 0 && <MarkInk key={id} shape={shape} points={points.map(scale)} />;
      })}
    </>
  );
}

/** The size at which a picture of this shape fits its frame, times `zoom`. */
function useFitting(frame: { current: HTMLElement | null }, aspect: number, zoom: number): Size {
  const [room, setRoom] = useState<Size>({ width: 1, height: 1 });
  useLayoutEffect(() => {
    const measure = () =>
      setRoom({ width: frame.current!.offsetWidth || 1, height: frame.current!.offsetHeight || 1 });
    const observer = new ResizeObserver(measure);
    observer.observe(frame.current!);
    measure();
    return () => observer.disconnect();
  }, []);
  const width = zoom * Math.min(room.width, room.height * aspect);
  return { width, height: width / aspect };
}
