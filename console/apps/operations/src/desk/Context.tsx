/** What is beside the picture: the device, its history, its guide, the chat, the marks. */
import { EmptyState, Tabs } from "@nearhand/ui";
import server from "lucide-static/icons/server.svg?raw";
import { useEffect } from "preact/hooks";
import { may } from "../access/identity";
import { History } from "../devices/History";
import { ChatTab } from "./ChatTab";
import type { ContextTab, Desk } from "./desk";
import { DeviceTab } from "./DeviceTab";
import { GuideTab } from "./GuideTab";
import type { DeskHall } from "./hall";
import { MarksTab } from "./MarksTab";
import { t } from "./words";

export function Context({ desk, hall }: { desk: Desk; hall: DeskHall | null }) {
  const view = desk.view.value;
  const tab = desk.tab.value;
  const marks = view.annotations.length + view.pending.marks.length;
  const unread = view.chat.length - desk.readChat.value;
  useEffect(() => {
    if (tab === "chat") desk.readChat.value = view.chat.length;
  }, [tab, view.chat.length]);
  const tabs: { key: ContextTab; label: string; badge?: number }[] = [
    { key: "device", label: t("device") },
    ...(may("telemetry.read") ? [{ key: "history" as const, label: t("history") }] : []),
    ...(may("manuals.read") ? [{ key: "guide" as const, label: t("guide") }] : []),
    { key: "chat", label: t("chat"), ...(unread > 0 && tab !== "chat" && { badge: unread }) },
    { key: "marks", label: t("marks"), ...(marks > 0 && { badge: marks }) },
  ];
  return (
    <aside class="desk-context">
      <Tabs label={t("context")} tabs={tabs} chosen={tab} onChoose={(key) => (desk.tab.value = key)}>
        <Panel desk={desk} hall={hall} />
      </Tabs>
    </aside>
  );
}

function Panel({ desk, hall }: { desk: Desk; hall: DeskHall | null }) {
  const device = desk.device.value?.view;
  switch (desk.tab.value) {
    case "chat":
      return <ChatTab desk={desk} hall={hall} />;
    case "marks":
      return <MarksTab desk={desk} />;
    default:
      if (!device) {
        const isGone = desk.deviceProblem.value !== null;
        return (
          <EmptyState icon={server} title={t(isGone ? "deviceGone" : "noDevice")}>
            {!isGone && <p>{t("noDeviceHint")}</p>}
          </EmptyState>
        );
      }
  }
  switch (desk.tab.value) {
    case "history":
      return <History key={device.device.id} deviceId={device.device.id} />;
    case "guide":
      return <GuideTab desk={desk} deviceId={device.device.id} />;
    default:
      return <DeviceTab desk={desk} />;
  }
}
