/** Write down what was done to a device. */
import type { Attachment, MaintenanceRecord } from "@nearhand/contract";
import { AreaField, Button, bytes, Field, FileField, notify } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { me } from "../access/identity";
import { ask, post } from "../rest";
import { sentence } from "../shell/Shown";
import { t as tShared } from "../words";
import { t } from "./words";

export function RecordForm({ deviceId, onDone }: { deviceId: string; onDone: (isSaved: boolean) => void }) {
  const [files, setFiles] = useState<Attachment[]>([]);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const attempt = async (act: () => Promise<void>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await act();
    } catch (error) {
      setProblem(sentence(error));
    }
    setBusy(false);
  };
  const attach = (chosen: readonly File[]) =>
    attempt(async () => {
      for (const file of chosen) {
        const answer = await ask("/attachments", { method: "POST", body: file, query: { name: file.name }, headers: { "Content-Type": "application/octet-stream" } }); // prettier-ignore
        const kept = (await answer.json()) as Attachment;
        setFiles((before) => [...before.filter(({ sha256 }) => sha256 !== kept.sha256), kept]);
      }
    });
  const save = (form: FormData) =>
    attempt(async () => {
      const text = (name: string) => String(form.get(name) ?? "").trim();
      await post<MaintenanceRecord>(`/devices/${deviceId}/maintenance-records`, {
        performed_at: new Date(text("performed_at")).toISOString(),
        performed_by: text("performed_by"),
        summary: text("summary"),
        detail: text("detail"),
        parts: text("parts").split("\n").map((line) => line.trim()).filter(Boolean), // prettier-ignore
        work_order: text("work_order"),
        attachments: files,
      });
      notify(tShared("saved"), "good");
      onDone(true);
    });
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void save(new FormData(event.currentTarget));
      }}
    >
      <Field label={t("summary")} name="summary" maxLength={300} required autofocus error={problem} />
      <div class="form-row">
        <Field
          label={t("performedAt")}
          name="performed_at"
          type="datetime-local"
          defaultValue={localNow()}
          required
        />
        <Field
          label={t("performedBy")}
          name="performed_by"
          maxLength={100}
          defaultValue={me.value?.display_name ?? ""}
          required
        />
      </div>
      <AreaField label={t("detail")} name="detail" rows={3} maxLength={10_000} />
      <div class="form-row">
        <AreaField label={t("parts")} name="parts" rows={2} hint={t("partsHint")} />
        <Field label={t("workOrder")} name="work_order" maxLength={60} />
      </div>
      <FileField label={t("attachFile")} multiple onFiles={(chosen) => void attach(chosen)} />
      {files.map((file) => (
        <small key={file.sha256}>
          ✓ {file.name} ({bytes(file.size_bytes)})
        </small>
      ))}
      <div class="ui-actions">
        <Button onClick={() => onDone(false)}>{tShared("cancel")}</Button>
        <Button type="submit" look="primary" isBusy={isBusy}>
          {tShared("save")}
        </Button>
      </div>
    </form>
  );
}

/** Now, as a datetime-local field wants it: without zone, in the time of this machine. */
function localNow(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
