/** The facts of a device as pairs of word and value. */
import type { DeviceView } from "@nearhand/contract";
import { may } from "../access/identity";
import { paths } from "../routes";
import { typeName } from "./registry";
import { StatusFlag } from "./StatusFlag";
import { t } from "./words";

export function DeviceFacts({ view }: { view: DeviceView }) {
  const { device, device_type, site, rack, location } = view;
  const rackName =
    rack &&
    (may("devices.read") ? (
      <a href={`${paths.rack(rack.id)}?device=${device.id}`}>{rack.name}</a>
    ) : (
      rack.name
    ));
  const pairs = [
    [t("status"), <StatusFlag key="status" status={device.status} />],
    [t("name"), device.name],
    [t("serial"), device.serial && <code>{device.serial}</code>],
    [t("type"), `${typeName(device_type)} · ${device_type.height_u} U`],
    [t("site"), [site.name, location?.name].filter(Boolean).join(" / ")],
    [t("rack"), rackName && <>{rackName}{device.position_u != null && ` · U${device.position_u}`}</>], // prettier-ignore
    [t("tenant"), view.tenant?.name ?? t("operator")],
    [t("notes"), device.notes],
  ] as const;
  return (
    <dl class="facts">
      {pairs
        .filter(([, value]) => value)
        .map(([word, value]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
