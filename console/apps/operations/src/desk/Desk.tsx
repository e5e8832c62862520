/** The desk: the picture and its tools, what the session is about, and what happened, on one screen. */
import { EmptyState, notify, Skeleton, useLoad } from "@nearhand/ui";
import { VoiceBar } from "@nearhand/ui/voice";
import { useEffect } from "preact/hooks";
import { DeskRecording } from "../recording/DeskRecording";
import { paths } from "../routes";
import { Failed } from "../shell/Shown";
import { t as tApp } from "../words";
import { Approvals } from "./Approvals";
import { CameraControls, SpokenCaptions } from "./CameraControls";
import { Context } from "./Context";
import { Desk as DeskModel } from "./desk";
import { DeskHead } from "./DeskHead";
import { Filmstrip } from "./Filmstrip";
import { useHall } from "./hall";
import { useDeskKeys } from "./keys";
import { sendLeftovers } from "./leftovers";
import { LinkNotice } from "./LinkNotice";
import { Picture } from "./Picture";
import { ScreenBand } from "./ScreenBand";
import { SignalBar, SignalFlash } from "./Signals";
import { TALK_KEY, useVoice } from "./voice";
import { Toolbar } from "./Toolbar";
import { refusalText, t } from "./words";
import { WordsInput } from "./WordsInput";

export function Desk({ id }: { id: string }) {
  const opened = useLoad(id, async (signal) => {
    const desk = await DeskModel.open(id);
    if (signal.aborted) void desk.close(); // left before it was open: nobody else would close it
    return desk;
  });
  useEffect(() => () => void opened.data?.close().then(() => sendLeftovers()), [opened.data]);
  if (opened.status === "failed") return <Failed error={opened.error} retry={opened.reload} />;
  if (!opened.data) return <Skeleton rows={8} height={40} />;
  return <OpenDesk desk={opened.data} />;
}

function OpenDesk({ desk }: { desk: DeskModel }) {
  const hall = useHall(desk);
  useDeskKeys(desk, hall);
  const voice = useVoice(desk);
  useEffect(() => desk.session.live.onRefused((refusal) => notify(refusalText(refusal), "caution")), [desk]);
  const { link } = desk.view.value;
  if (link.state === "stopped" && link.because === "no_session")
    return (
      <EmptyState title={t("no_session")}>
        <a href={paths.wall}>{tApp("wall")}</a>
      </EmptyState>
    );
  return (
    <div class="desk" data-testid="desk" data-link={link.state}>
      <DeskHead desk={desk} hall={hall} />
      <div class="desk-notices">
        <DeskRecording desk={desk} voice={voice} />
        <LinkNotice desk={desk} />
        {hall && <ScreenBand desk={desk} hall={hall} />}
        <Approvals desk={desk} />
      </div>
      <div class="desk-stage">
        {desk.mayDraw.value && <Toolbar desk={desk} />}
        <div class="desk-picture">
          <Picture desk={desk} />
          {hall && <SpokenCaptions desk={desk} hall={hall} />}
          <SignalFlash desk={desk} />
        </div>
        <div class="desk-voice">
          {hall && <CameraControls desk={desk} hall={hall} />}
          {voice.call && (
            <VoiceBar
              call={voice.call}
              view={voice.view.value}
              nameOf={(id) => desk.nameOf(id)}
              shortcut={TALK_KEY}
            />
          )}
        </div>
        {desk.maySpeak.value && <SignalBar desk={desk} />}
      </div>
      <Context desk={desk} hall={hall} />
      <Filmstrip desk={desk} />
      {desk.words.value && <WordsInput wanted={desk.words.value} onClose={() => (desk.words.value = null)} />}
    </div>
  );
}
