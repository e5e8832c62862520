/** One device: what it is and where, its faces with labels and kept marks, what it does, what was done to it. */
import type { DeviceView, FaceMark, Label, Session, TagClash } from "@nearhand/contract";
import { Button, Confirm, notify, Tabs, useLoad } from "@nearhand/ui";
import headset from "lucide-static/icons/headset.svg?raw";
import pencil from "lucide-static/icons/pencil.svg?raw";
import trash from "lucide-static/icons/trash-2.svg?raw";
import { useState } from "preact/hooks";
import { may } from "../access/identity";
import { Manuals } from "../guides/Manuals";
import { get, getVersioned, post, remove } from "../rest";
import { navigate, query, setQuery } from "../router";
import { paths } from "../routes";
import { Shown, sentence } from "../shell/Shown";
import { Ended } from "../wall/Ended";
import { t as tShared } from "../words";
import { DeviceFacts } from "./DeviceFacts";
import { DeviceLabels } from "./DeviceLabels";
import { Faces } from "./Faces";
import { History } from "./History";
import { KeptMarks } from "./KeptMarks";
import { LiveFigures } from "./LiveFigures";
import { Records } from "./Records";
import { ReferencePhotos } from "./ReferencePhotos";
import { typeName } from "./registry";
import { StatusFlag } from "./StatusFlag";
import { TagClashes } from "./TagClashes";
import { t } from "./words";

const TABS = ["overview", "history", "records", "sessions", "manuals", "labels", "photo"] as const;
type TabKey = (typeof TABS)[number];
const NEEDS = { overview: "devices.read", history: "telemetry.read", records: "maintenance.read", sessions: "sessions.list", manuals: "manuals.read", labels: "devices.read", photo: "devices.read" } as const; // prettier-ignore

export function DevicePage({ id }: { id: string }) {
  const view = useLoad(id, (signal) => get<DeviceView>(`/devices/${id}/view`, {}, signal));
  return <div class="page page-wide">{<Shown of={view}>{(data) => <Page view={data} />}</Shown>}</div>;
}

function Page({ view }: { view: DeviceView }) {
  const { device, device_type } = view;
  const wanted = query.value.get("tab") as TabKey;
  const tab = TABS.includes(wanted) ? wanted : "overview";
  const clashes = useLoad(device.id, (signal) =>
    get<TagClash[]>(`/devices/${device.id}/tag-clashes`, {}, signal),
  );
  const tabs = TABS.filter((key) => may(NEEDS[key])).map((key) => ({ key, label: t(key) }));
  return (
    <>
      <header class="page-head">
        <div>
          <h1>{device.asset_tag}</h1>
          <p class="soft">
            {device.name} · {typeName(device_type)}
          </p>
        </div>
        <StatusFlag status={device.status} />
        <span class="gap" />
        <Acts view={view} />
      </header>
      <TagClashes deviceId={device.id} clashes={clashes.data ?? []} />
      <Tabs
        label={device.asset_tag}
        tabs={tabs}
        chosen={tab}
        onChoose={(key) => setQuery({ tab: key === "overview" ? null : key })}
      >
        {tab === "overview" && <Overview view={view} />}
        {tab === "history" && <History deviceId={device.id} port={query.value.get("port") ?? ""} />}
        {tab === "records" && <Records deviceId={device.id} />}
        {tab === "sessions" && <Ended deviceId={device.id} />}
        {tab === "manuals" && <Manuals deviceId={device.id} />}
        {tab === "labels" && <DeviceLabels view={view} onMade={clashes.reload} />}
        {tab === "photo" && <ReferencePhotos view={view} />}
      </Tabs>
    </>
  );
}

function Overview({ view }: { view: DeviceView }) {
  const { id } = view.device;
  const labels = useLoad(id, (signal) => get<Label[]>(`/devices/${id}/labels`, {}, signal));
  const marks = useLoad(id, (signal) => get<FaceMark[]>(`/devices/${id}/marks`, {}, signal));
  const port = query.value.get("port");
  return (
    <div class="overview">
      <section>
        <Faces view={view} labels={labels.data ?? []} marks={marks.data ?? []} />
        {may("telemetry.read") && <LiveFigures deviceId={id} port={port} />}
      </section>
      <section>
        <h2>{t("facts")}</h2>
        <DeviceFacts view={view} />
        {view.device_type.source && (
          <p class="soft hint">{t("dimensionsFrom", { source: view.device_type.source })}</p>
        )}
      </section>
      <section>
        <h2>{t("keptMarks")}</h2>
        <Shown of={marks}>{(data) => <KeptMarks deviceId={id} marks={data} onChange={marks.reload} />}</Shown>
      </section>
    </div>
  );
}

function Acts({ view }: { view: DeviceView }) {
  const { device } = view;
  const [asksRemoval, setAsksRemoval] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const take = async (act: () => Promise<void>) => {
    setBusy(true);
    try {
      await act();
    } catch (error) {
      notify(sentence(error), "bad");
      setBusy(false);
      setAsksRemoval(false);
    }
  };
  const removeDevice = () =>
    take(async () => {
      const { etag } = await getVersioned(`/devices/${device.id}`);
      await remove(`/devices/${device.id}`, etag);
      notify(t("removed", { tag: device.asset_tag }), "good");
      navigate(paths.devices);
    });
  const openSession = () =>
    take(async () => {
      const session = await post<Session>("/sessions", { device_id: device.id, subject: device.name });
      navigate(paths.desk(session.id));
    });
  return (
    <>
      {may("sessions.open") && (
        <Button icon={headset} onClick={() => void openSession()} isBusy={isBusy && !asksRemoval}>
          {t("openSession")}
        </Button>
      )}
      {may("devices.write") && (
        <>
          <Button icon={pencil} onClick={() => navigate(paths.editDevice(device.id))}>
            {t("edit")}
          </Button>
          <Button icon={trash} look="danger" onClick={() => setAsksRemoval(true)}>
            {t("remove")}
          </Button>
        </>
      )}
      {asksRemoval && (
        <Confirm
          title={`${t("remove")}: ${device.asset_tag}`}
          body={t("removeAsk", { tag: device.asset_tag })}
          yes={t("remove")}
          no={tShared("cancel")}
          isBusy={isBusy}
          onYes={() => void removeDevice()}
          onNo={() => setAsksRemoval(false)}
        />
      )}
    </>
  );
}
