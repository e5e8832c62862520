/** The face at a size where ports can be told apart, scrolled to those that matter. */
import type { Face, FaceMark, Label } from "@nearhand/contract";
import { FaceDrawing } from "@nearhand/ui";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface ZoomedFaceProps {
  face: Face;
  title: string;
  ports?: ReadonlySet<string>;
  marks?: readonly FaceMark[];
  labels?: readonly Label[];
}

const LEAST_PX_PER_MM = 2.2;

export function ZoomedFace({ face, title, ports = new Set(), marks = [], labels = [] }: ZoomedFaceProps) {
  const box = useRef<HTMLDivElement>(null);
  const [scale, setScale] = useState(LEAST_PX_PER_MM);
  const key = `${[...ports].join(",")} ${marks.map(({ id }) => id).join(",")} ${scale}`;
  useLayoutEffect(() => {
    setScale(Math.max(LEAST_PX_PER_MM, box.current!.clientWidth / face.width_mm));
  }, [face]);
  useLayoutEffect(() => {
    const scroller = box.current?.firstElementChild;
    const middle = middleOf(face, ports, marks);
    if (scroller && middle !== null) scroller.scrollLeft = middle * scale - scroller.clientWidth / 2;
  }, [key]);
  return (
    <div ref={box} class="zoomed">
      <FaceDrawing
        face={face}
        title={title}
        highlighted={ports}
        marks={marks}
        labels={labels}
        pxPerMm={scale}
      />
    </div>
  );
}

/** Where to look, in millimetres from the left: the step's first port, else the first mark. */
function middleOf(face: Face, ports: ReadonlySet<string>, marks: readonly FaceMark[]): number | null {
  const lit = [...face.ports, ...face.components].find(({ name }) => ports.has(name));
  return lit?.x_mm ?? marks[0]?.anchor.points_mm[0]?.[0] ?? null;
}
