/** The picture under the fingers: a tap focuses there, two fingers zoom. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { steering } from "./hall";
import { Fingers, pointIn } from "./points";

const RING_MS = 900;

export function Lens() {
  const box = useRef<HTMLDivElement>(null);
  const ring = useSignal<readonly [number, number] | null>(null);
  const zoomFrom = useRef(1);
  const now = steering.value;
  const fingers = useMemo(
    () =>
      new Fingers(
        ([x, y]) => {
          const video = document.querySelector<HTMLVideoElement>("video.camera");
          if (!video || !now?.state.get().canFocus) return;
          const picture = { width: video.videoWidth, height: video.videoHeight };
          const fit = video.classList.contains("is-contain") ? "contain" : "cover";
          const at = pointIn(picture, box.current!.getBoundingClientRect(), [x, y], fit);
          if (!at) return;
          ring.value = [x, y];
          void now.do({ act: "focus", at, is_on: null, zoom: null });
        },
        (factor, isBegun) => {
          const zoom = now?.state.get().zoom;
          if (!zoom) return;
          if (isBegun) zoomFrom.current = zoom.now;
          void now.do({ act: "zoom", zoom: zoomFrom.current * factor, is_on: null, at: null });
        },
      ),
    [now],
  );
  useEffect(() => {
    if (!ring.value) return;
    const timer = setTimeout(() => (ring.value = null), RING_MS);
    return () => clearTimeout(timer);
  }, [ring.value]);
  const point = (event: PointerEvent): [number, number] => {
    const { left, top } = box.current!.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  return (
    <div
      ref={box}
      class="lens"
      data-testid="lens"
      aria-hidden="true"
      onPointerDown={(event) => fingers.down(event.pointerId, point(event))}
      onPointerMove={(event) => fingers.move(event.pointerId, point(event))}
      onPointerUp={(event) => fingers.up(event.pointerId, point(event))}
      onPointerCancel={(event) => fingers.gone(event.pointerId)}
    >
      {ring.value && (
        <svg class="lens-ring">
          <circle cx={ring.value[0]} cy={ring.value[1]} r="36" />
        </svg>
      )}
    </div>
  );
}
