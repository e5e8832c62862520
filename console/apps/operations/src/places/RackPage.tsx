/** A rack's elevation to scale, from the front or from behind, numbered as the rack is set. */
import type { FaceSide, Rack } from "@nearhand/contract";
import { Button, EmptyState, useLoad } from "@nearhand/ui";
import server from "lucide-static/icons/server.svg?raw";
import { useState } from "preact/hooks";
import { may } from "../access/identity";
import { get } from "../rest";
import { navigate, query, setQuery } from "../router";
import { paths } from "../routes";
import { Shown } from "../shell/Shown";
import { t as tShared } from "../words";
import { freeUnits, RACK_MM, seenFrom, topOf, U_MM, unitsFromTop, type Mounted } from "./elevation";
import { PlaceEdit } from "./PlaceEdit";
import { t } from "./words";

interface Elevation {
  rack: Rack;
  devices: Mounted[];
}

const RAIL_MM = 60; // room for the numbers
const LEAST_U_PX = 15;
const NAMES_MM = 660; // room for what each device is called, beside the rack
const TAGS_MM = 330; // on a phone for its tag only, so that it can be read
const isPhone = () => globalThis.matchMedia?.("(max-width: 720px)").matches ?? false;

export function RackPage({ id }: { id: string }) {
  const elevation = useLoad(id, (signal) => get<Elevation>(`/racks/${id}/elevation`, {}, signal));
  const [isEditing, setEditing] = useState(false);
  const side: FaceSide = query.value.get("side") === "rear" ? "rear" : "front";
  return (
    <div class="page page-wide">
      <Shown of={elevation}>
        {({ rack, devices }) => (
          <>
            <header class="page-head">
              <div>
                <h1>{rack.name}</h1>
                <p class="soft">
                  {t("numbering", { height: rack.height_u, first: rack.first_u, side: t(rack.counted_from) })}{" "}
                  · {t("free", { count: freeUnits(rack, devices) })}
                </p>
              </div>
              <span class="gap" />
              <div class="segmented" role="group">
                {(["front", "rear"] as const).map((each) => (
                  <button
                    key={each}
                    type="button"
                    aria-pressed={side === each}
                    onClick={() => setQuery({ side: each === "rear" ? each : null })}
                  >
                    {t(each)}
                  </button>
                ))}
              </div>
              <a class="ui-button" href={`${paths.devices}?rack_id=${id}&sort=position_u`}>
                {t("devices")}
              </a>
              <a
                class="ui-button"
                href={`${paths.labels}?rack_id=${id}&devices=${devices.map(({ device }) => device.id).join(",")}`}
              >
                {t("labels")}
              </a>
              {may("devices.write") && (
                <Button onClick={() => setEditing(true)} data-testid="edit-place">
                  {tShared("edit")}
                </Button>
              )}
            </header>
            {devices.length === 0 ? (
              <EmptyState icon={server} title={t("emptyRack")}>
                <p>{t("emptyRackHint")}</p>
              </EmptyState>
            ) : (
              <Drawing rack={rack} devices={devices} side={side} />
            )}
          </>
        )}
      </Shown>
      {isEditing && (
        <PlaceEdit
          path={`/racks/${id}`}
          onDone={(isSaved) => {
            setEditing(false);
            if (isSaved) elevation.reload();
          }}
        />
      )}
    </div>
  );
}

function Drawing({ rack, devices, side }: Elevation & { side: FaceSide }) {
  const height_mm = rack.height_u * U_MM;
  const unmounted = devices.filter(({ device }) => device.position_u == null);
  const wanted = query.value.get("device");
  return (
    <div class="rack-wrap">
      <svg
        class="rack"
        viewBox={`${-RAIL_MM} -12 ${RACK_MM + RAIL_MM + (isPhone() ? TAGS_MM : NAMES_MM)} ${height_mm + 24}`}
        style={{ height: `max(calc(100dvh - 120px), ${rack.height_u * LEAST_U_PX}px)` }}
        role="group"
        aria-label={`${rack.name} · ${t(side)}`}
      >
        <rect
          class="rack-frame"
          x={-RAIL_MM}
          y={-12}
          width={RACK_MM + 1.5 * RAIL_MM}
          height={height_mm + 24}
          rx={4}
        />
        {unitsFromTop(rack).map((u, n) => (
          <g key={u}>
            <rect class="rack-unit" x={0} y={n * U_MM} width={RACK_MM} height={U_MM} />
            <text class="rack-number" x={-10} y={(n + 0.5) * U_MM + 10}>
              {u}
            </text>
          </g>
        ))}
        {devices.map((each) => (
          <DeviceInRack
            key={each.device.id}
            rack={rack}
            mounted={each}
            side={side}
            isWanted={each.device.id === wanted}
          />
        ))}
      </svg>
      {unmounted.length > 0 && (
        <aside>
          <h2>{t("unmounted")}</h2>
          <ul class="plain-list">
            {unmounted.map(({ device }) => (
              <li key={device.id}>
                <a href={paths.device(device.id)}>{device.asset_tag}</a> {device.name}
              </li>
            ))}
          </ul>
        </aside>
      )}
    </div>
  );
}

interface DeviceInRackProps {
  rack: Rack;
  mounted: Mounted;
  side: FaceSide;
  isWanted: boolean;
}

function DeviceInRack({ rack, mounted, side, isWanted }: DeviceInRackProps) {
  const top = topOf(rack, mounted);
  if (top === null) return null;
  const { device, device_type } = mounted;
  const seen = seenFrom(side, mounted);
  const face = seen && device_type[seen];
  const height = device_type.height_u * U_MM;
  const to = paths.device(device.id);
  return (
    <g
      class={`rack-device status-${device.status} ${isWanted ? "is-wanted" : ""} ${face ? "" : "is-back"}`}
      transform={`translate(0 ${top})`}
      role="link"
      tabIndex={0}
      aria-label={`U${device.position_u} ${device.asset_tag} ${device.name}`}
      data-testid="rack-device"
      onClick={() => navigate(to)}
      onKeyDown={(event) => event.key === "Enter" && navigate(to)}
    >
      <title>{`${device.asset_tag} · ${device.name} · ${device_type.manufacturer} ${device_type.model}`}</title>
      <rect class="rack-plate" y={0.6} width={RACK_MM} height={Math.max(height - 1.2, 6)} rx={2} />
      {face?.ports.map((port) => (
        <rect
          key={port.name}
          class="rack-port"
          x={port.x_mm - port.width_mm / 2 + (RACK_MM - face.width_mm) / 2}
          y={port.y_mm - port.height_mm / 2}
          width={port.width_mm}
          height={port.height_mm}
        />
      ))}
      <path class="rack-leader" d={`M${RACK_MM} ${height / 2} h${RAIL_MM * 0.75}`} />
      <text class="rack-tag" x={RACK_MM + RAIL_MM} y={height / 2 + 10}>
        {device.asset_tag} <tspan>{device.name}</tspan>
      </text>
    </g>
  );
}
