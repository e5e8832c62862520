/** The last picture in which the device was seen, with its marks, while it is out of view. */
import type { Point } from "@nearhand/spatial";
import { targetFace } from "../device/target";
import { t } from "../words/hud";
import { Mark } from "./Mark";
import { marksHere } from "./Overlay";
import { placeMark, type Sight } from "./place";

const WIDTH_PX = 168;

export function Keepsake({ still }: { still: { url: string; sight: Sight } }) {
  const face = targetFace.value;
  const { camera } = still.sight;
  if (!face) return null;
  const scale = WIDTH_PX / camera.width;
  const toBox = ([x, y]: Point): Point => [(x + 0.5) * scale, (y + 0.5) * scale];
  return (
    <figure class="keepsake">
      <svg
        viewBox={`0 0 ${WIDTH_PX} ${camera.height * scale}`}
        width={WIDTH_PX}
        height={camera.height * scale}
      >
        <image href={still.url} width={WIDTH_PX} height={camera.height * scale} />
        {marksHere.value.map((mark) => {
          const placed = placeMark(still.sight, face, mark);
          return placed && <Mark key={mark.id} mark={placed} toBox={toBox} scale={scale} />;
        })}
      </svg>
      <figcaption>{t("last_seen")}</figcaption>
    </figure>
  );
}
