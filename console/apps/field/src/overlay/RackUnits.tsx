/** The rack's units beside it, numbered as the rack is set, and the place of the wanted device. */
import { errorRing, type Point, projectFace, type Rect, type Size } from "@nearhand/spatial";
import { target } from "../device/target";
import { type RackInView, rackInView } from "./rack";

interface RackUnitsProps {
  box: Size;
  toBox: (point: Point) => Point;
  keepOut: readonly Rect[];
  /** While the wanted device is not held: its place is framed. */
  isSought: boolean;
}

const LEAST_PITCH_PX = 13;
const RAIL_MM = 16;
const NUMBER_PX = 13; // half of the room a number takes
const WIDTH_MM = 482.6;

export function RackUnits({ box, toBox, keepOut, isSought }: RackUnitsProps) {
  const rack = rackInView.value;
  if (!rack) return null;
  const { pose, camera, side, map } = rack;
  const { u_mm } = map;
  const at = (x: number, y: number) => {
    const point = projectFace(camera, pose, [x, y, 0]);
    return point && toBox(point);
  };
  const isSure = (y: number) => isSureAt(rack, y);
  const wanted = side.devices.find(({ device_id }) => device_id === target.value?.view.device.id);
  return (
    <g class="rack-units" data-testid="rack-units">
      {side.units.map(({ u, y_mm }) => {
        const [top, bottom] = [at(-RAIL_MM, y_mm), at(-RAIL_MM, y_mm + u_mm)];
        if (!top || !bottom || Math.hypot(top[0] - bottom[0], top[1] - bottom[1]) < LEAST_PITCH_PX)
          return null;
        const isWanted = wanted !== undefined && isWithin(y_mm, wanted.y_mm, wanted.height_mm, u_mm);
        const number = placeOfNumber(
          at(-RAIL_MM, y_mm + u_mm / 2),
          at(WIDTH_MM + RAIL_MM, y_mm + u_mm / 2),
          box,
        );
        if (!number || isTaken(number, keepOut) || !isSure(y_mm + u_mm / 2)) return null;
        return (
          <g key={u} class={isWanted ? "is-wanted" : ""} data-u={u}>
            <Tick from={at(-RAIL_MM, y_mm)} to={at(0, y_mm)} />
            <Tick from={at(WIDTH_MM, y_mm)} to={at(WIDTH_MM + RAIL_MM, y_mm)} />
            {isWanted && <rect x={number[0] - 15} y={number[1] - 10} width={30} height={20} rx={3} />}
            <text x={number[0]} y={number[1] + 5}>
              {u}
            </text>
          </g>
        );
      })}
      {isSought && wanted && isSure(wanted.y_mm + wanted.height_mm / 2) && (
        <Place corners={cornersOf(wanted, at)} />
      )}
    </g>
  );
}

/** A number stands where it can be no other: its ring, with the play of the devices, is within half a unit. */
function isSureAt({ map, camera, pose, covariance }: RackInView, y_mm: number): boolean {
  const ring = errorRing(camera, pose, covariance, [map.width_mm / 2, y_mm, 0]);
  return ring !== null && ring.mm + map.tolerance_mm <= map.u_mm / 2;
}

interface Rectangle {
  x_mm: number;
  y_mm: number;
  width_mm: number;
  height_mm: number;
}

function cornersOf(
  { x_mm, y_mm, width_mm, height_mm }: Rectangle,
  at: (x: number, y: number) => Point | null,
) {
  return [
    at(x_mm, y_mm),
    at(x_mm + width_mm, y_mm),
    at(x_mm + width_mm, y_mm + height_mm),
    at(x_mm, y_mm + height_mm),
  ];
}

function Place({ corners }: { corners: readonly (Point | null)[] }) {
  if (corners.some((corner) => !corner)) return null;
  return <polygon class="rack-place" points={corners.map((corner) => corner!.join(",")).join(" ")} />;
}

function Tick({ from, to }: { from: Point | null; to: Point | null }) {
  return from && to && <path d={`M${from.join(",")} L${to.join(",")}`} />;
}

/** On the left rail; on the right one where the left is off the screen; at the screen's edge where both are. */
function placeOfNumber(left: Point | null, right: Point | null, { width, height }: Size): Point | null {
  const isOn = (p: Point | null): p is Point =>
    p !== null && p[0] >= NUMBER_PX && p[0] <= width - NUMBER_PX && p[1] >= 0 && p[1] <= height;
  if (isOn(left)) return left;
  if (isOn(right)) return right;
  if (!left || !right || right[0] <= left[0]) return null;
  const share = (NUMBER_PX - left[0]) / (right[0] - left[0]);
  const y = left[1] + share * (right[1] - left[1]);
  return share >= 0 && share <= 1 && y >= 0 && y <= height ? [NUMBER_PX, y] : null;
}

function isWithin(unit_mm: number, top_mm: number, height_mm: number, u_mm: number): boolean {
  const middle = unit_mm + u_mm / 2;
  return middle > top_mm && middle < top_mm + height_mm;
}

function isTaken([x, y]: Point, rects: readonly Rect[]): boolean {
  return rects.some(
    (one) =>
      x > one.x - NUMBER_PX &&
      x < one.x + one.width + NUMBER_PX &&
      y > one.y - NUMBER_PX &&
      y < one.y + one.height + NUMBER_PX,
  );
}
