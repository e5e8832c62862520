/** The device beside the picture: its face to scale, drawn on with the same tools, and its facts. */
import { type Face, type FaceSide, isOnFace } from "@nearhand/contract";
import { Button, FaceDrawing, MarkInk } from "@nearhand/ui";
import { useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { may } from "../access/identity";
import { DeviceFacts } from "../devices/DeviceFacts";
import { LiveFigures } from "../devices/LiveFigures";
import { paths } from "../routes";
import type { Desk } from "./desk";
import { useFacePen } from "./facePen";
import { t } from "./words";

const ENLARGED = 1.6; // px per mm: ports of 14 mm become touchable

export function DeviceTab({ desk }: { desk: Desk }) {
  const isLarge = useSignal(false);
  const chosenSide = useSignal<FaceSide | null>(null);
  const { view, labels } = desk.device.value!;
  const side = chosenSide.value ?? desk.view.value.device?.face ?? "front";
  const face = view.device_type[side];
  const pen = useFacePen(desk, side);
  const drawing = useRef<HTMLDivElement>(null);
  useScrollToPort(desk, drawing);
  const { annotations, pending } = desk.view.value;
  const isOn = (anchor: { device_id: string; face: string }) =>
    anchor.device_id === view.device.id && anchor.face === side;
  return (
    <div class="device-tab">
      <div class="face-bar">
        {view.device_type.rear &&
          (["front", "rear"] as const).map((each) => (
            <Button
              key={each}
              look={each === side ? "primary" : "plain"}
              onClick={() => (chosenSide.value = each)}
            >
              {t(each)}
            </Button>
          ))}
        <span class="gap" />
        <Button look="quiet" onClick={() => (isLarge.value = !isLarge.value)}>
          {t(isLarge.value ? "shrink" : "enlarge")}
        </Button>
      </div>
      {face && (
        <div ref={drawing} data-testid="face-drawing" data-face={side}>
          <FaceDrawing
            face={face}
            title={`${view.device.asset_tag} · ${t(side)}`}
            labels={labels.filter((label) => label.face === side)}
            marks={annotations
              .filter(isOnFace)
              .filter((mark) => !mark.is_hidden && !pending.removing.includes(mark.id) && isOn(mark.anchor))}
            highlighted={new Set(desk.hoveredPort.value ? [desk.hoveredPort.value] : [])}
            {...(isLarge.value && { pxPerMm: ENLARGED })}
            onPort={pen.port}
            onPoint={pen.point}
          >
            {pen.draft.value && (
              <MarkInk
                shape={pen.draft.value.shape}
                points={pen.draft.value.points}
                ink="pending"
                unit={0.6}
              />
            )}
          </FaceDrawing>
        </div>
      )}
      <PortNow
        face={face}
        name={desk.hoveredPort.value}
        otherwise={desk.mayDraw.value ? t("faceHint") : ""}
      />
      {may("telemetry.read") && <LiveFigures deviceId={view.device.id} port={desk.hoveredPort.value} />}
      <DeviceFacts view={view} />
      {may("devices.read") && (
        <a class="ui-button" href={paths.device(view.device.id)}>
          {t("openDevice")}
        </a>
      )}
    </div>
  );
}

interface PortNowProps {
  face: Face | null | undefined;
  name: string | null;
  otherwise: string;
}

/** The port under the pointer in words: on a fitted drawing its number is too small to read. */
function PortNow({ face, name, otherwise }: PortNowProps) {
  const port = face?.ports.find((each) => each.name === name);
  return (
    <p class="soft hint port-now" data-testid="port-now">
      {port ? <b>{t("portNow", { name: port.name, kind: port.kind })}</b> : otherwise}
    </p>
  );
}

/** What is pointed at on the picture comes into sight on the enlarged drawing. */
function useScrollToPort(desk: Desk, drawing: { current: HTMLElement | null }): void {
  useSignalEffect(() => {
    const name = desk.hoveredPort.value;
    const box = drawing.current;
    if (!name || !box || box.matches(":hover")) return;
    const part = box.querySelector(`[data-port="${CSS.escape(name)}"]`);
    const frame = box.firstElementChild;
    if (!part || !frame) return;
    const [here, there] = [part.getBoundingClientRect(), frame.getBoundingClientRect()];
    frame.scrollLeft += here.left + here.width / 2 - there.left - there.width / 2;
  });
}
