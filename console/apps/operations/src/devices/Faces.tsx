/** Front and rear of a device to scale, with its labels, tags and kept marks; a port chosen leads to its history. */
import type { DeviceView, FaceMark, FaceSide, Label } from "@nearhand/contract";
import { FaceDrawing } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { query, setQuery } from "../router";
import { t } from "./words";

interface FacesProps {
  view: DeviceView;
  labels: readonly Label[];
  marks: readonly FaceMark[];
}

export function Faces({ view, labels, marks }: FacesProps) {
  const [hovered, setHovered] = useState("");
  const chosen = query.value.get("port");
  const lit = new Set([hovered, chosen].filter((name): name is string => Boolean(name)));
  return (
    <div class="faces">
      {(["front", "rear"] as const).map((side) => {
        const face = view.device_type[side];
        return (
          face && (
            <figure key={side}>
              <figcaption>
                <b>{t(side)}</b>
                <span class="soft">
                  {face.width_mm} × {face.height_mm} mm · {t("ports", { count: face.ports.length })}
                </span>
                <span class="faces-port">{describe(view, side, hovered || chosen)}</span>
              </figcaption>
              <FaceDrawing
                face={face}
                title={`${view.device.asset_tag} · ${t(side)}`}
                labels={labels.filter((label) => label.face === side)}
                marks={marks.filter((mark) => mark.anchor.face === side && !mark.is_hidden)}
                highlighted={lit}
                onPort={(port, kind) =>
                  kind === "hover" ? setHovered(port) : setQuery({ port: port === chosen ? null : port })
                }
              />
            </figure>
          )
        );
      })}
    </div>
  );
}

function describe(view: DeviceView, side: FaceSide, name: string | null): string {
  const port = view.device_type[side]?.ports.find((each) => each.name === name);
  return port ? `${port.name} · ${port.kind} · ${port.x_mm} / ${port.y_mm} mm` : "";
}
