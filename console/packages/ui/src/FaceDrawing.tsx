/** A device's face drawn to scale in millimetres: ports, components, label and tags, and the marks on it. */
import type { Component, Face, FaceMark, Label, Port } from "@nearhand/contract";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { MarkInk, type Point } from "./MarkInk";

export interface FaceDrawingProps {
  face: Face;
  /** What a screen reader says the drawing is. */
  title: string;
  labels?: readonly Pick<Label, "code" | "place" | "tags">[];
  marks?: readonly FaceMark[];
  /** Ports to lift out: those of the step, or under somebody's pointer. */
  highlighted?: ReadonlySet<string>;
  /** Pixels per millimetre; the drawing scrolls when it is wider than its place. Left out: it fits the width. */
  pxPerMm?: number;
  onPort?: ((port: string, kind: "hover" | "click") => void) | undefined;
  onPoint?: ((point_mm: Point, event: PointerEvent, kind: "down" | "move" | "up") => void) | undefined;
  children?: ComponentChildren;
}

export function FaceDrawing({
  face,
  title,
  labels = [],
  marks = [],
  highlighted,
  pxPerMm,
  onPort,
  onPoint,
  children,
}: FaceDrawingProps) {
  const svg = useRef<SVGSVGElement>(null);
  const unit = useUnit(svg, face.width_mm);
  const point = (event: PointerEvent, kind: "down" | "move" | "up") =>
    onPoint?.(millimetres(svg.current!, event), event, kind);
  const size = pxPerMm ? { width: `${face.width_mm * pxPerMm}px` } : {};
  return (
    <div class="ui-face">
      <svg
        ref={svg}
        role="img"
        aria-label={title}
        viewBox={`0 0 ${face.width_mm} ${face.height_mm}`}
        style={{ aspectRatio: `${face.width_mm} / ${face.height_mm}`, ...size }}
        {...(onPoint && {
          onPointerDown: (event: PointerEvent) => point(event, "down"),
          onPointerMove: (event: PointerEvent) => point(event, "move"),
          onPointerUp: (event: PointerEvent) => point(event, "up"),
        })}
        onPointerLeave={() => onPort?.("", "hover")}
      >
        <rect class="ui-face-plate" width={face.width_mm} height={face.height_mm} rx={1} />
        {face.components.map((part) => (
          <Part
            key={part.name}
            part={part}
            isPort={false}
            isLit={highlighted?.has(part.name) ?? false}
            onPort={onPort}
          />
        ))}
        {face.ports.map((part) => (
          <Part
            key={part.name}
            part={part}
            isPort
            isLit={highlighted?.has(part.name) ?? false}
            onPort={onPort}
          />
        ))}
        {labels.map((label) => (
          <LabelSquare key={label.code} label={label} />
        ))}
        {marks.map((mark) => (
          <MarkInk
            key={mark.id}
            shape={mark.shape}
            text={mark.text}
            unit={unit}
            points={mark.anchor.points_mm.map(([x, y]) => [x, y])}
            path={outlineOf(mark, face)}
          />
        ))}
        {children}
      </svg>
    </div>
  );
}

/** A port's outline with a little room around it. */
export function portOutline({ x_mm, y_mm, width_mm, height_mm }: Port): Point[] {
  const [left, top] = [x_mm - width_mm / 2 - 1, y_mm - height_mm / 2 - 1];
  const [right, bottom] = [x_mm + width_mm / 2 + 1, y_mm + height_mm / 2 + 1];
  return [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]; // prettier-ignore
}

function outlineOf({ shape, anchor }: FaceMark, face: Face): Point[] | null {
  const port = shape === "port" ? face.ports.find((each) => each.name === anchor.port) : undefined;
  return port ? portOutline(port) : null;
}

interface PartProps {
  part: Port | Component;
  isPort: boolean;
  isLit: boolean;
  onPort: FaceDrawingProps["onPort"];
}

function Part({ part, isPort, isLit, onPort }: PartProps) {
  const { name, kind, x_mm: x, y_mm: y, width_mm: w, height_mm: h } = part;
  const letters = Math.min(h * 0.5, (w * 1.5) / Math.max(name.length, 2), 5);
  const isSmall = letters < 1.1;
  const select = isPort &&
    onPort && { onPointerEnter: () => onPort(name, "hover"), onClick: () => onPort(name, "click") };
  return (
    <g
      class={`ui-part ui-part-${isPort ? "port" : "component"} ${isLit ? "is-lit" : ""}`}
      data-port={isPort ? name : undefined}
      {...select}
    >
      <title>{`${name} · ${kind}`}</title>
      <rect
        x={x - w / 2}
        y={y - h / 2}
        width={w}
        height={h}
        rx={Math.min(w, h) * (/^(led|button)/.test(kind) ? 0.5 : 0.08)}
      />
      {kind === "rj45" && (
        <path d={`M${x - w * 0.16},${y + h / 2} v${-h * 0.16} h${w * 0.32} v${h * 0.16}`} />
      )}
      {kind === "fan" && <circle cx={x} cy={y} r={Math.min(w, h) * 0.36} />}
      {!isSmall && kind !== "led" && (
        <text x={x} y={y + letters * 0.36} font-size={letters}>
          {name}
        </text>
      )}
    </g>
  );
}

function LabelSquare({ label }: { label: Pick<Label, "place" | "tags"> }) {
  const { x_mm: x, y_mm: y, size_mm: s } = label.place;
  const corner = s * 0.28;
  const eyes: Point[] = [[0, 0], [s - corner, 0], [0, s - corner]]; // prettier-ignore
  return (
    <g class="ui-face-label">
      <rect x={x - s / 2 - 1} y={y - s / 2 - 1} width={s + 2} height={s + 2} class="ui-face-sticker" />
      {eyes.map(([dx, dy]) => (
        <rect key={`${dx},${dy}`} x={x - s / 2 + dx} y={y - s / 2 + dy} width={corner} height={corner} />
      ))}
      <rect x={x - s * 0.12} y={y - s * 0.12} width={s * 0.5} height={s * 0.5} class="ui-face-modules" />
      {label.tags.map((tag) => (
        <g key={tag.id}>
          <title>{`tag ${tag.id}`}</title>
          <rect
            x={tag.x_mm - tag.size_mm / 2}
            y={tag.y_mm - tag.size_mm / 2}
            width={tag.size_mm}
            height={tag.size_mm}
          />
          <rect
            class="ui-face-sticker"
            x={tag.x_mm - tag.size_mm / 6}
            y={tag.y_mm - tag.size_mm / 6}
            width={tag.size_mm / 3}
            height={tag.size_mm / 3}
          />
        </g>
      ))}
    </g>
  );
}

/** Where an event happened, in the drawing's millimetres. */
function millimetres(svg: SVGSVGElement, event: PointerEvent): Point {
  const box = svg.getBoundingClientRect();
  const view = svg.viewBox.baseVal;
  return [
    ((event.clientX - box.left) / box.width) * view.width,
    ((event.clientY - box.top) / box.height) * view.height,
  ];
}

/** Millimetres per CSS pixel, kept true while the drawing is resized. */
function useUnit(svg: { current: SVGSVGElement | null }, width_mm: number): number {
  const [unit, setUnit] = useState(1);
  useLayoutEffect(() => {
    const measure = () => setUnit(width_mm / (svg.current?.clientWidth || width_mm));
    const observer = new ResizeObserver(measure);
    observer.observe(svg.current!);
    return () => observer.disconnect();
  }, [width_mm]);
  return unit;
}
