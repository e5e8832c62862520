/** A picture as wide as the screen that can be looked at closely. */
import { useSignal } from "@preact/signals";
import { useMemo, useRef, useState } from "preact/hooks";
import { t } from "../words/hall";
import { Fingers } from "./points";

const LARGEST = 5;

/** Two fingers or a tap enlarge; what is larger than the screen is moved by scrolling. */
interface EnlargeableProps {
  readonly src: string;
  readonly alt: string;
  /** Of a picture in whose place another one comes. */
  readonly sha256?: string;
}

export function Enlargeable({ src, alt, sha256 }: EnlargeableProps) {
  const scale = useSignal(1);
  const from = useRef(1);
  const [isLost, setLost] = useState(false);
  const fingers = useMemo(
    () =>
      new Fingers(
        () => (scale.value = scale.value > 1 ? 1 : 2.5),
        (factor, isBegun) => {
          if (isBegun) from.current = scale.value;
          scale.value = Math.min(LARGEST, Math.max(1, from.current * factor));
        },
      ),
    [],
  );
  if (isLost) return <p class="shown-lost">{t("not_shown")}</p>;
  return (
    <div
      class={`shown-page ${sha256 && scale.value === 1 ? "is-whole" : ""}`}
      onPointerDown={(event) => fingers.down(event.pointerId, [event.clientX, event.clientY])}
      onPointerMove={(event) => fingers.move(event.pointerId, [event.clientX, event.clientY])}
      onPointerUp={(event) => fingers.up(event.pointerId, [event.clientX, event.clientY])}
      onPointerCancel={(event) => fingers.gone(event.pointerId)}
    >
      <img
        src={src}
        alt={alt}
        draggable={false}
        style={{ width: `${100 * scale.value}%` }}
        data-scale={scale.value.toFixed(2)}
        data-sha={sha256}
        data-testid="shown-image"
        onError={() => sha256 === undefined && setLost(true)}
      />
    </div>
  );
}
