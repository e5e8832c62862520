/** A device's status: a colour, a shape and a word. */
import type { DeviceStatus } from "@nearhand/contract";
import { t } from "./words";

const LOOKS: Record<DeviceStatus, { sign: string; tone: string }> = {
  planned: { sign: "○", tone: "" },
  active: { sign: "●", tone: "tone-green" },
  offline: { sign: "◐", tone: "tone-amber" },
  failed: { sign: "✕", tone: "tone-red" },
  decommissioned: { sign: "–", tone: "soft" },
};

export function StatusFlag({ status }: { status: DeviceStatus }) {
  const { sign, tone } = LOOKS[status];
  return (
    <span class={`status ${tone}`}>
      <i aria-hidden="true">{sign}</i> {t(status)}
    </span>
  );
}
