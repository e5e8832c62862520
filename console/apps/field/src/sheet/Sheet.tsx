/** The sheet pulled up over the picture: the device now, its history, its manual, its marks; and the talk. */
import { target } from "../device/target";
import { Later } from "../hud/Later";
import { Panel } from "../hud/Panel";
import { type SheetTab, openSheet, sheetTab } from "../hud/panels";
import { room } from "../session/room";
import { t } from "../words/panels";
import { pages } from "./part";

export function Sheet() {
  const now = target.value;
  const tabs: SheetTab[] = [...(room.value ? (["talk"] as const) : []), ...(now ? DEVICE_TABS : [])];
  const tab = tabs.includes(sheetTab.value) ? sheetTab.value : tabs[0];
  return (
    <Panel
      title={t("sheet")}
      isHigh
      tabs={
        <div role="tablist" class="sheet-tabs">
          {tabs.map((one) => (
            <button
              key={one}
              type="button"
              role="tab"
              id={`tab-${one}`}
              aria-selected={one === tab}
              onClick={() => openSheet(one)}
            >
              {t(one)}
            </button>
          ))}
        </div>
      }
    >
      <div role="tabpanel" aria-labelledby={`tab-${tab}`}>
        <Later part={pages}>
          {({ Talk, Now, History, Manual, Marks }) => (
            <>
              {tab === "talk" && <Talk />}
              {now && tab === "now" && <Now target={now} />}
              {now && tab === "history" && <History deviceId={now.view.device.id} />}
              {now && tab === "manual" && <Manual target={now} />}
              {now && tab === "marks" && <Marks target={now} />}
            </>
          )}
        </Later>
      </div>
    </Panel>
  );
}

const DEVICE_TABS = ["now", "history", "manual", "marks"] as const;
