/** Import many devices: drop a file, see what it would do and every faulty row, then do it. */
import type { ImportReport } from "@nearhand/contract";
import { Button, EmptyState, notify, Progress } from "@nearhand/ui";
import fileDown from "lucide-static/icons/file-down.svg?raw";
import { useState } from "preact/hooks";
import { paths } from "../routes";
import { Failed } from "../shell/Shown";
import { formatOf, importDevices, type ImportProgress } from "./importing";
import { t } from "./importWords";

const SHOWN_FAULTS = 500;

export function ImportPage() {
  const [file, setFile] = useState<File>();
  const [report, setReport] = useState<ImportReport>();
  const [progress, setProgress] = useState<ImportProgress | null>();
  const [error, setError] = useState<Error>();
  const run = async (chosen: File, isDryRun: boolean) => {
    setFile(chosen);
    setError(undefined);
    setReport(undefined);
    setProgress(null);
    try {
      const said = await importDevices(chosen, {
        format: formatOf(chosen.name),
        isDryRun,
        onProgress: setProgress,
      });
      setReport(said);
      if (said.is_applied) notify(t("done", { created: said.created, updated: said.updated }), "good");
    } catch (problem) {
      setError(problem as Error);
    }
    setProgress(undefined);
  };
  const isBusy = progress !== undefined;
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("title")}</h1>
        <p class="soft">{t("hint")}</p>
      </header>
      <DropZone onFile={(chosen) => void run(chosen, true)} isBusy={isBusy} name={file?.name} />
      {isBusy && (
        <Progress
          value={progress && progress.total > 0 ? progress.done / progress.total : null}
          label={progress ? t("progress", { done: progress.done, total: progress.total }) : t("sending")}
        />
      )}
      {error && <Failed error={error} {...(file && { retry: () => void run(file, true) })} />}
      {report && file && <Report report={report} onImport={() => void run(file, false)} isBusy={isBusy} />}
    </div>
  );
}

function DropZone({
  onFile,
  isBusy,
  name,
}: {
  onFile: (file: File) => void;
  isBusy: boolean;
  name: string | undefined;
}) {
  const [isOver, setOver] = useState(false);
  const take = (files: FileList | null | undefined) => files?.[0] && onFile(files[0]);
  return (
    <label
      class={isOver ? "drop is-over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <EmptyState icon={fileDown} title={name ?? t("drop")}>
        <p>{t("dropHint")}</p>
      </EmptyState>
      <input
        type="file"
        accept=".csv,.json,text/csv,application/json"
        disabled={isBusy}
        data-testid="import-file"
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = "";
        }}
      />
    </label>
  );
}

function Report({
  report,
  onImport,
  isBusy,
}: {
  report: ImportReport;
  onImport: () => void;
  isBusy: boolean;
}) {
  const { faults, findings, rows, created, updated, unchanged, is_applied } = report;
  return (
    <section class="report" data-testid="import-report" data-applied={is_applied} data-faults={faults.length}>
      <ul class="figures">
        {(
          [
            ["rows", rows],
            ["created", created],
            ["updated", updated],
            ["unchanged", unchanged],
            ["faults", faults.length],
          ] as const
        ).map(([word, count]) => (
          <li key={word} class={word === "faults" && count > 0 ? "tone-red" : ""}>
            <span>{t(word)}</span>
            <b>{count}</b>
          </li>
        ))}
      </ul>
      {is_applied && (
        <p>
          <a href={paths.devices}>{t("seeDevices")}</a>
        </p>
      )}
      {!is_applied && faults.length === 0 && (
        <div class="ui-actions">
          <Button look="primary" onClick={onImport} isBusy={isBusy} data-testid="import-go">
            {t("import", { count: rows })}
          </Button>
        </div>
      )}
      {findings.length > 0 && (
        <div class="band band-amber" data-testid="import-findings">
          <div>
            <p>{t("findingsHint", { count: findings.length })}</p>
            <ul>
              {findings.slice(0, SHOWN_FAULTS).map((finding, n) => (
                <li key={n}>{finding.message}</li>
              ))}
            </ul>
          </div>
        </div>
      )}
      {faults.length > 0 && (
        <>
          <p>{t("faultsHint")}</p>
          <div class="table-wrap">
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">{t("row")}</th>
                  <th scope="col">{t("field")}</th>
                  <th scope="col">{t("problem")}</th>
                </tr>
              </thead>
              <tbody>
                {faults.slice(0, SHOWN_FAULTS).map((fault, n) => (
                  <tr key={n}>
                    <td>{fault.row}</td>
                    <td>
                      <code>{fault.field}</code>
                    </td>
                    <td>{fault.message}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {faults.length > SHOWN_FAULTS && (
            <p class="soft">{t("moreFaults", { count: faults.length - SHOWN_FAULTS })}</p>
          )}
        </>
      )}
    </section>
  );
}
