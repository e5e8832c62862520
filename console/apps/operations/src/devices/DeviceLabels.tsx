/** A device's labels: how each looks, where it sits, and as which file it is printed. */
import type { DeviceView, Label } from "@nearhand/contract";
import { Button, EmptyState, notify, useLoad } from "@nearhand/ui";
import download_ from "lucide-static/icons/download.svg?raw";
import tags from "lucide-static/icons/tags.svg?raw";
import { useState } from "preact/hooks";
import { may } from "../access/identity";
import { Readability } from "../labels/Readability";
import { address, download, get, post } from "../rest";
import { Shown, sentence } from "../shell/Shown";
import { t } from "./words";

const FORMATS = ["pdf", "svg", "png"] as const;

export function DeviceLabels({ view, onMade }: { view: DeviceView; onMade: () => void }) {
  const { device } = view;
  const labels = useLoad(device.id, (signal) => get<Label[]>(`/devices/${device.id}/labels`, {}, signal));
  const [isBusy, setBusy] = useState(false);
  const make = async () => {
    setBusy(true);
    try {
      await post<Label>(`/devices/${device.id}/labels`, {});
      labels.reload();
      onMade();
    } catch (error) {
      notify(sentence(error), "bad");
    }
    setBusy(false);
  };
  const button = may("labels.make") && (
    <Button look="primary" isBusy={isBusy} onClick={() => void make()} data-testid="make-label">
      {t("makeLabel")}
    </Button>
  );
  return (
    <Shown of={labels}>
      {(all) =>
        all.length === 0 ? (
          <EmptyState icon={tags} title={t("noLabels")}>
            <p>{t("noLabelsHint")}</p>
            {button}
          </EmptyState>
        ) : (
          <>
            <ul class="label-list">
              {all.map((label) => (
                <LabelRow key={label.code} label={label} />
              ))}
            </ul>
            {button}
          </>
        )
      }
    </Shown>
  );
}

function LabelRow({ label }: { label: Label }) {
  const { code, place, tags: earTags } = label;
  const save = (format: string) =>
    download(`/labels/${code}/image`, `${code}.${format}`, { query: { format } }).catch((error: unknown) =>
      notify(sentence(error), "bad"),
    );
  return (
    <li data-testid="label-row" data-code={code}>
      <img src={address(`/labels/${code}/image`, { format: "svg" })} alt={label.text} />
      <div>
        <b class="tag">{code}</b>
        <p class="soft">{label.text}</p>
        <p>{t("labelAt", { face: t(label.face), x: place.x_mm, y: place.y_mm, size: place.size_mm })}</p>
        <p class="soft">
          {earTags.map((tag) => `${tag.dictionary} ${tag.id} · ${tag.size_mm} mm`).join(" — ")}
        </p>
        <Readability text={label.text} size_mm={place.size_mm} />
        <div class="button-row">
          {FORMATS.map((format) => (
            <Button key={format} icon={download_} onClick={() => void save(format)}>
              {format.toUpperCase()}
            </Button>
          ))}
        </div>
      </div>
    </li>
  );
}
