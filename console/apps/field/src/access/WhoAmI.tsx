/** Who holds this device, as what and where; out of reach, as last heard. */
import type { Me } from "@nearhand/contract";
import { dateTime, Icon } from "@nearhand/ui";
import { useEffect, useState } from "preact/hooks";
import { lock as lockIcon } from "../hud/icons";
import { closePanel } from "../hud/panels";
import { remembered } from "../offline/memory";
import { get, isOffline } from "../rest";
import { t } from "../words/access";
import { actor, me } from "./actor";
import { refreshMe } from "./identity";
import { canLock, lock } from "./lock";
import { NewPin } from "./NewPin";
import { Languages, roleName } from "./SignIn";
import { SignOut } from "./SignOut";

type Grant = Me["grants"][number];

export function WhoAmI() {
  const [isNewPin, setNewPin] = useState(false);
  const [isSet, setSet] = useState(false);
  useEffect(() => void refreshMe(), []);
  const now = me.value;
  const isDevice = now?.signed_in_by === "device";
  if (isNewPin)
    return (
      <NewPin
        done={() => {
          setSet(canLock.value);
          setNewPin(false);
        }}
      />
    );
  return (
    <div class="who-am-i">
      {now?.must_enrol && (
        <p class="caution" role="alert">
          {t("must_enrol")}
        </p>
      )}
      <dl>
        <dt>{t("signed_in_as")}</dt>
        <dd>
          {actor.value?.display_name} {now?.name && <small>{now.name}</small>}
        </dd>
        <dt>{t("role")}</dt>
        <dd>
          <Roles grants={now?.grants ?? actor.value?.grants ?? []} />
        </dd>
        {isDevice && (
          <>
            <dt>{t("device")}</dt>
            <dd>{now.device_name}</dd>
          </>
        )}
        {now && (
          <>
            <dt>{t("since")}</dt>
            <dd>{dateTime(now.signed_in_at)}</dd>
            <dt>{t("until")}</dt>
            <dd>{dateTime(now.expires_at)}</dd>
          </>
        )}
      </dl>
      {isOffline.value && <p class="soft">{t("as_known")}</p>}
      <p role="status">{isSet && t("pin_set")}</p>
      {isDevice && (
        <div class="pair">
          <button type="button" class="big" disabled={isOffline.value} onClick={() => setNewPin(true)}>
            {t(canLock.value ? "change_pin" : "set_pin")}
          </button>
          {canLock.value && (
            <button
              type="button"
              class="big"
              onClick={() => {
                closePanel();
                lock();
              }}
            >
              <Icon svg={lockIcon} size={20} /> {t("lock_now")}
            </button>
          )}
        </div>
      )}
      <Languages />
      <SignOut />
    </div>
  );
}

function Roles({ grants }: { grants: readonly Grant[] }) {
  const [places, setPlaces] = useState<readonly string[]>([]);
  useEffect(() => {
    let isGone = false;
    void Promise.all(grants.map(placeOf)).then((found) => isGone || setPlaces(found));
    return () => void (isGone = true);
  }, [grants]);
  return (
    <ul>
      {grants.map((grant, n) => (
        <li key={JSON.stringify(grant)}>
          {t(places[n] === "" ? "role_everywhere" : "role_at", {
            role: roleName(grant.role),
            place: places[n] ?? "…",
          })}
        </li>
      ))}
    </ul>
  );
}

/** A grant's conditions by their names, the widest first; none when it holds everywhere. */
async function placeOf({ tenant_id, site_id, rack_id }: Grant): Promise<string> {
  const parts = await Promise.all([
    tenant_id && nameAt(`/tenants/${tenant_id}`),
    site_id && nameAt(`/sites/${site_id}`),
    rack_id && nameAt(`/racks/${rack_id}`),
  ]);
  return parts.filter(Boolean).join(" · ");
}

async function nameAt(path: string): Promise<string> {
  try {
    return (await remembered(path, "", () => get<{ name: string }>(path))).data.name;
  } catch {
    return t("place_unknown");
  }
}
