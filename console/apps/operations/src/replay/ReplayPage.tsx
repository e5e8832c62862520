/** A session told again: its log is the master, and everything else is shown as it was at that moment of it. */
import { API, type DeviceView, type RecordingFile } from "@nearhand/contract";
import { Button, EmptyState, dateTime, Icon, Progress, timer, useLoad } from "@nearhand/ui";
import { useSignal } from "@preact/signals";
import download from "lucide-static/icons/download.svg?raw";
import history from "lucide-static/icons/history.svg?raw";
import { useEffect, useMemo } from "preact/hooks";
import { get } from "../rest";
import { paths } from "../routes";
import { navigate } from "../router";
import { Failed } from "../shell/Shown";
import { BurnedVideo } from "./BurnedVideo";
import { loadDevices, loadFigures } from "./figures";
import { Footage } from "./footage";
import { FootageView, RecordingNotices } from "./FootageView";
import { Happened } from "./Happened";
import { Lanes } from "./Lanes";
import { Player } from "./player";
import { usePlaying, useReplayKeys } from "./playing";
import { ReplayPicture } from "./ReplayPicture";
import { loadTale, type Tale } from "./tale";
import { ThisMoment } from "./ThisMoment";
import { Transport } from "./Transport";
import { t } from "./words";

export function ReplayPage({ id }: { id: string }) {
  const loaded = useSignal(0);
  const tale = useLoad(id, (signal) => loadTale(id, (events) => (loaded.value = events), signal));
  if (tale.status === "failed") return <Failed error={tale.error} retry={tale.reload} />;
  if (!tale.data) {
    return (
      <div class="page">
        <Progress value={null} label={t("loading", { count: loaded.value })} />
      </div>
    );
  }
  return <Replay tale={tale.data} />;
}

function Replay({ tale }: { tale: Tale }) {
  const player = useMemo(() => new Player(tale), [tale]);
  const devices = useLoad(tale.session.id, (signal) => loadDevices(tale, signal));
  const figures = useLoad(`${tale.session.id}/${devices.data?.length}`, async (signal) =>
    devices.data ? loadFigures(tale, devices.data, signal) : [],
  );
  const recordings = useLoad(tale.session.id, (signal) =>
    get<RecordingFile[]>(`/sessions/${tale.session.id}/recordings`, {}, signal),
  );
  const footage = useMemo(
    () => (recordings.data ?? []).filter(({ chunks }) => chunks > 0).map((file) => new Footage(tale, file)),
    [tale, recordings.data],
  );
  player.isFilmed = (t_ms) => footage.some((each) => each.mediaAt(t_ms) !== null);
  usePlaying(player);
  useReplayKeys(player);
  useEffect(() => seekAsAsked(player), [player]);
  return (
    <div class="replay" data-testid="replay" data-events={tale.events.length}>
      <Head tale={tale} device={devices.data?.[0]} films={footage.map(({ file }) => file)} />
      <div class="replay-notices">
        {tale.session.status !== "ended" && <p class="band">{t("running")}</p>}
        <RecordingNotices files={recordings.data ?? []} />
        {tale.withheld > 0 && <p class="band band-amber">{t("withheld", { count: tale.withheld })}</p>}
      </div>
      {tale.moments.length === 0 ? (
        <EmptyState icon={history} title={t("empty")}>
          <p>{t("emptyHint")}</p>
        </EmptyState>
      ) : (
        <>
          <div class="replay-stage">
            <ReplayPicture player={player} devices={devices.data ?? []} />
            {footage.map((each) => (
              <FootageView key={each.file.recording.id} player={player} footage={each} />
            ))}
          </div>
          <aside class="replay-beside">
            <ThisMoment player={player} />
            <Happened player={player} />
          </aside>
          <div class="replay-time">
            <Transport player={player} />
            <Lanes player={player} figures={figures.data ?? []} />
          </div>
        </>
      )}
    </div>
  );
}

/** `#seq` in the address leads to that event: a link to a moment. Without one, to the first picture. */
function seekAsAsked(player: Player): void {
  const { tale } = player;
  const seq = Number(location.hash.slice(1));
  const first = tale.moments.find(({ lane }) => lane === "pictures");
  player.seek(Number.isInteger(seq) && seq > 0 ? tale.timeOf(seq) : (first?.t_ms ?? 0));
}

interface HeadProps {
  tale: Tale;
  device: DeviceView | undefined;
  films: readonly RecordingFile[];
}

function Head({ tale, device, films }: HeadProps) {
  const { session } = tale;
  return (
    <header class="desk-head">
      <div class="desk-title">
        <h1>{device?.device.asset_tag ?? (session.subject || t("replayOf"))}</h1>
        <p class="soft">
          {[t("replay"), dateTime(session.opened_at), timer(tale.length_ms), device && session.subject]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </div>
      {films.map((file) => (
        <BurnedVideo
          key={file.recording.id}
          sessionId={session.id}
          file={file}
          isOneOfMany={films.length > 1}
        />
      ))}
      <a
        class="ui-button"
        href={`${API}/sessions/${session.id}/export`}
        download
        title={t("downloadHint")}
        data-testid="download-package"
      >
        <Icon svg={download} size={16} />
        {t("download")}
      </a>
      <Button onClick={() => navigate(paths.desk(session.id))}>{t("back")}</Button>
    </header>
  );
}
