/** The reference photographs of a device's type, by which its devices are found where no symbol is seen. */
import type { DeviceView, ReferencePicture } from "@nearhand/contract";
import { useLoad } from "@nearhand/ui";
import { get } from "../rest";
import { Shown } from "../shell/Shown";
import { t } from "./photoWords";
import { ReferencePhoto } from "./ReferencePhoto";

export function ReferencePhotos({ view }: { view: DeviceView }) {
  const type = view.device_type;
  const kept = useLoad(type.id, (signal) =>
    get<ReferencePicture[]>(`/device-types/${type.id}/face-pictures`, {}, signal),
  );
  return (
    <div class="photos">
      <p>
        {t("intro")} <span class="soft">{t("how")}</span>
      </p>
      <Shown of={kept}>
        {(all) =>
          (["front", "rear"] as const).map((side) => {
            const face = type[side];
            const one = all.find((each) => each.face === side && each.device_id === null);
            return (
              face && (
                <ReferencePhoto
                  key={side}
                  typeId={type.id}
                  deviceId={view.device.id}
                  side={side}
                  face={face}
                  kept={one}
                  onChange={kept.reload}
                />
              )
            );
          })
        }
      </Shown>
    </div>
  );
}
