/** What was done to a device, newest first, and a form to write down more. */
import type { MaintenanceRecord } from "@nearhand/contract";
import { Button, bytes, dateTime, Dialog, EmptyState, useLoad } from "@nearhand/ui";
import plus from "lucide-static/icons/plus.svg?raw";
import wrench from "lucide-static/icons/wrench.svg?raw";
import { useState } from "preact/hooks";
import { may } from "../access/identity";
import { address, get, type Page } from "../rest";
import { Shown } from "../shell/Shown";
import { RecordForm } from "./RecordForm";
import { t } from "./words";

export function Records({ deviceId }: { deviceId: string }) {
  const records = useLoad(deviceId, (signal) =>
    get<Page<MaintenanceRecord>>(`/devices/${deviceId}/maintenance-records`, { limit: 200 }, signal),
  );
  const [isAdding, setAdding] = useState(false);
  return (
    <div class="records">
      {may("maintenance.write") && (
        <Button icon={plus} onClick={() => setAdding(true)} data-testid="add-record">
          {t("addRecord")}
        </Button>
      )}
      <Shown of={records}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={wrench} title={t("noRecords")}>
              <p>{t("noRecordsHint")}</p>
            </EmptyState>
          ) : (
            <ol class="record-list">
              {items.map((record) => (
                <Record key={record.id} record={record} />
              ))}
            </ol>
          )
        }
      </Shown>
      {isAdding && (
        <Dialog title={t("addRecord")} onClose={() => setAdding(false)}>
          <RecordForm
            deviceId={deviceId}
            onDone={(isSaved) => {
              setAdding(false);
              if (isSaved) records.reload();
            }}
          />
        </Dialog>
      )}
    </div>
  );
}

function Record({ record }: { record: MaintenanceRecord }) {
  return (
    <li data-testid="record">
      <time>{dateTime(record.performed_at)}</time>
      <div>
        <b>{record.summary}</b>
        <p class="soft">{[record.performed_by, record.work_order].filter(Boolean).join(" · ")}</p>
        {record.detail && <p class="pre">{record.detail}</p>}
        {record.parts.length > 0 && (
          <p>
            {t("parts")}: {record.parts.join(", ")}
          </p>
        )}
        {record.attachments.map((file) => (
          <a key={file.sha256} href={address(`/attachments/${file.sha256}`)} download={file.name}>
            {file.name} ({bytes(file.size_bytes)})
          </a>
        ))}
      </div>
    </li>
  );
}
