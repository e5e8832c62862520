/** The device as it stands: state, place, what is measured. */
import { age, FaceDrawing, quantity } from "@nearhand/ui";
import { figures, figuresAt } from "../device/figures";
import { faceOf, placeOf, showById, type Target } from "../device/target";
import { nowMs } from "../hud/clock";
import { panel } from "../hud/panels";
import { marksHere } from "../overlay/Overlay";
import { portsOfStep } from "../session/guide";
import { t as th } from "../words/hud";
import { quantityName } from "../words/names";
import { t } from "../words/sheet";

export function Now({ target }: { target: Target }) {
  const { device, device_type, site } = target.view;
  const facts: [string, string][] = [
    [t("type"), `${device_type.manufacturer} ${device_type.model}`],
    [t("asset_tag"), device.asset_tag],
    [t("serial"), device.serial],
    [t("place"), placeOf(target.view)],
    [t("site"), site.name],
    [t("notes"), device.notes],
  ];
  const face = faceOf(target.view, target.side);
  return (
    <>
      <div class="headline">
        <h2>{device.name}</h2>
        <p>
          <span class={`badge is-${device.status}`}>
            <i class={`dot is-${device.status}`} aria-hidden="true" /> {t(device.status)}
          </span>
          {target.view.tenant && (
            <span class="badge is-tenant">
              {t("tenant")} · {target.view.tenant.name}
            </span>
          )}
        </p>
      </div>
      {face && (
        <FaceDrawing
          face={face}
          title={th("face_drawing", { name: device.name })}
          labels={target.labels.filter((label) => label.face === target.side)}
          marks={marksHere.value}
          highlighted={portsOfStep.value}
        />
      )}
      {device_type.rear && <Sides target={target} />}
      <FigureList />
      <dl class="facts">
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      <button type="button" class="big" onClick={() => (panel.value = "find")}>
        {t("other_device")}
      </button>
    </>
  );
}

function Sides({ target }: { target: Target }) {
  return (
    <div class="segments">
      {(["front", "rear"] as const).map((side) => (
        <button
          key={side}
          type="button"
          aria-pressed={target.side === side}
          onClick={() => void showById(target.view.device.id, side)}
        >
          {t(side)}
        </button>
      ))}
    </div>
  );
}

function FigureList() {
  const shown = figures.value.filter((one) => one.last_value !== null && !one.key.port);
  return (
    <section>
      <h3>
        {t("figures")}
        {figuresAt.value !== null && nowMs.value - figuresAt.value > 30_000 && (
          <small class="stale">{t("as_of", { age: age(nowMs.value - figuresAt.value) })}</small>
        )}
      </h3>
      {figures.value.length === 0 && <p class="soft">{t("no_figures")}</p>}
      <div class="figure-grid">
        {shown.map(({ key, unit, last_value }) => (
          <div key={key.quantity}>
            <small>{quantityName(key.quantity, key.port)}</small>
            <b>{quantity(last_value!, unit)}</b>
          </div>
        ))}
      </div>
    </section>
  );
}
