/** Check the line: what of a session will work from this browser, where it is now, and why. */
import type { IceServers } from "@nearhand/contract";
import { checkLine, type LineReport, rungs } from "@nearhand/live/rtc";
import { Button } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { get } from "../rest";
import { t } from "./lineWords";

const SOCKET = "/api/v1/sessions/CHECK0000000/live";

export function LineCheck() {
  const [report, setReport] = useState<LineReport>();
  const [isBusy, setBusy] = useState(false);
  const check = async () => {
    setBusy(true);
    setReport(undefined);
    const found = await checkLine({
      servers: () => get<IceServers>("/ice"),
      ask: () => get("/me"),
      socket: () => new WebSocket(location.origin.replace(/^http/, "ws") + SOCKET, "nearhand.v1"),
    });
    setReport(found);
    setBusy(false);
  };
  return (
    <section class="panel" aria-labelledby="line" data-testid="line-check">
      <h2 id="line">{t("title")}</h2>
      <p class="soft">{t("hint")}</p>
      <div>
        <Button isBusy={isBusy} data-testid="check-line" onClick={() => void check()}>
          {t("check")}
        </Button>
      </div>
      <div role="status">{report && <Report report={report} />}</div>
    </section>
  );
}

function Report({ report }: { report: LineReport }) {
  const { video, pictures, stills, voice } = rungs(report);
  return (
    <>
      <h3>{t("willWork")}</h3>
      <ul class="line-check" data-testid="line-rungs">
        <Verdict what={t("video")} verdict={video} why={t(`video_${video}`)} />
        <Verdict what={t("pictures")} verdict={pictures} why={t(`pictures_${pictures}`)} />
        <Verdict what={t("stills")} verdict={stills} why={t(`pictures_${stills}`)} />
        <Verdict what={t("voice")} verdict={voice} why={t(`voice_${voice}`)} />
      </ul>
      <h3>{t("found")}</h3>
      <ul class="line-check" data-testid="line-facts">
        <Verdict
          what={t("service")}
          verdict={report.roundTripMs === null ? "no" : "yes"}
          why={report.roundTripMs === null ? t("away") : t("roundTrip", { ms: report.roundTripMs })}
        />
        <Verdict what={t("socket")} verdict={report.socket} why={t(`reached_${report.socket}`)} />
        <Verdict what={t("stun")} verdict={report.stun} why={t(`reached_${report.stun}`)} />
        {report.relays.length === 0 && <Verdict what={t("relay")} verdict="unset" why={t("reached_unset")} />}
        {report.relays.map(({ url, reached }) => (
          <Verdict key={url} what={`${t("relay")} ${url}`} verdict={reached} why={t(`reached_${reached}`)} />
        ))}
        <Verdict what={t("microphone")} verdict={report.microphone} why={t(`device_${report.microphone}`)} />
        <Verdict what={t("camera")} verdict={report.camera} why={t(`device_${report.camera}`)} />
      </ul>
    </>
  );
}

const SIGNS: Record<string, string> = { yes: "✓", maybe: "~", unset: "–" };

function Verdict({ what, verdict, why }: { what: string; verdict: string; why: string }) {
  return (
    <li data-verdict={verdict}>
      <span aria-hidden="true">{SIGNS[verdict] ?? "✗"}</span>
      <b>{what}</b>
      <span>{why}</span>
    </li>
  );
}
