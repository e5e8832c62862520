/** The command palette: type a tag, serial, name, port or page, and go there. */
import type { Device, DeviceView } from "@nearhand/contract";
import { Dialog, Icon } from "@nearhand/ui";
import cable from "lucide-static/icons/cable.svg?raw";
import server from "lucide-static/icons/server.svg?raw";
import { useEffect, useState } from "preact/hooks";
import { may } from "../access/identity";
import { get, type Page } from "../rest";
import { navigate } from "../router";
import { paths } from "../routes";
import { t } from "../words";
import { placesOpen } from "./Rail";

interface Target {
  key: string;
  icon: string;
  title: string;
  detail: string;
  to: string;
}

const WAIT_MS = 120;

export function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const found = useTargets(text);
  const go = (target: Target | undefined) => {
    if (!target) return;
    onClose();
    navigate(target.to);
  };
  const steer = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      setChosen((n) => (n + by + found.length) % Math.max(1, found.length));
    }
    if (event.key === "Enter" && !event.isComposing) go(found[chosen]);
  };
  return (
    <Dialog title={t("jump")} onClose={onClose} isHigh>
      <input
        class="ui-input"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={`palette-${chosen}`}
        aria-label={t("jump")}
        placeholder={t("palettePlaceholder")}
        aria-describedby="palette-hint"
        autofocus
        data-testid="palette"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={steer}
      />
      <p class="soft hint" id="palette-hint">
        {t("paletteHint")}
      </p>
      <ul class="palette" role="listbox" id="palette-list">
        {found.map((target, n) => (
          <li
            key={target.key}
            id={`palette-${n}`}
            role="option"
            aria-selected={n === chosen}
            onPointerMove={() => setChosen(n)}
            onClick={() => go(target)}
          >
            <Icon svg={target.icon} size={16} />
            <b>{target.title}</b>
            <span>{target.detail}</span>
          </li>
        ))}
        {found.length === 0 && <li class="soft">{t("paletteEmpty", { query: text })}</li>}
      </ul>
    </Dialog>
  );
}

function useTargets(text: string): Target[] {
  const [devices, setDevices] = useState<Target[]>([]);
  const wanted = text.trim();
  useEffect(() => {
    if (!wanted || !may("devices.read")) return setDevices([]);
    const abort = new AbortController();
    const timer = setTimeout(() => {
      find(wanted, abort.signal).then(setDevices, () => abort.signal.aborted || setDevices([]));
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [wanted]);
  const pages = placesOpen().filter((place) => t(place.word).toLowerCase().includes(wanted.toLowerCase()));
  return [
    ...devices,
    ...pages.map((place) => ({
      key: place.word,
      icon: place.icon,
      title: t(place.word),
      detail: t("page"),
      to: place.to,
    })),
  ];
}

async function find(text: string, signal: AbortSignal): Promise<Target[]> {
  const page = await get<Page<Device>>("/devices", { q: text, limit: 8 }, signal);
  if (page.items.length > 0) return page.items.map(deviceTarget);
  const [, name, port] = /^(.+)\s+(\S+)$/.exec(text) ?? [];
  return name && port ? findPorts(name, port, signal) : [];
}

async function findPorts(name: string, port: string, signal: AbortSignal): Promise<Target[]> {
  const device = (await get<Page<Device>>("/devices", { q: name, limit: 1 }, signal)).items[0];
  if (!device) return [];
  const { device_type: type } = await get<DeviceView>(`/devices/${device.id}/view`, {}, signal);
  const ports = [...type.front.ports, ...(type.rear?.ports ?? [])].filter((each) =>
    each.name.toLowerCase().includes(port.toLowerCase()),
  );
  return ports.slice(0, 8).map((each) => ({
    key: `${device.id}/${each.name}`,
    icon: cable,
    title: `${device.asset_tag} · ${each.name}`,
    detail: `${t("port")} · ${each.kind}`,
    to: `${paths.device(device.id)}?port=${encodeURIComponent(each.name)}`,
  }));
}

function deviceTarget(device: Device): Target {
  const detail = [device.name, device.serial].filter(Boolean).join(" · ");
  return { key: device.id, icon: server, title: device.asset_tag, detail, to: paths.device(device.id) };
}
