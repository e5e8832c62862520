/** The camera screen: the picture fills it, everything else floats on it. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { isLocked } from "../access/lock";
import { Lock } from "../access/Lock";
import { entry } from "../access/part";
import { stayAwake } from "../camera/awake";
import { keepsake, lastSight, loop } from "../camera/eye";
import { showing } from "../camera/showing";
import { cameraState, closeCamera, fitOf, openCamera } from "../camera/source";
import { doubted } from "../device/doubt";
import { wrongDevice } from "../device/recognise";
import { target, targetFace } from "../device/target";
import { Overlay } from "../overlay/Overlay";
import { route, usesDemoCamera } from "../routes";
import { Captions } from "../session/Captions";
import { followSession } from "../session/follow";
import { BigSignal } from "../session/BigSignal";
import { hall, live, voice } from "../session/part";
import { room } from "../session/room";
import { DoubtedLabel } from "../scan/DoubtedLabel";
import { NoCamera } from "../scan/NoCamera";
import { WrongDevice } from "../scan/WrongDevice";
import { pages } from "../sheet/part";
import { Sheet } from "../sheet/Sheet";
import { t as tp } from "../words/panels";
import { BottomBar } from "./BottomBar";
import { Later } from "./Later";
import { Messages } from "./Messages";
import { OnStills } from "./OnStills";
import { Panel } from "./Panel";
import { StillView } from "./StillView";
import { TopBar } from "./TopBar";
import { panel } from "./panels";

export function Hud() {
  const video = useRef<HTMLVideoElement>(null);
  const size = useSignal({ width: 0, height: 0 });
  useEffect(() => {
    const element = video.current!;
    void start(element);
    const measure = () => (size.value = { width: innerWidth, height: innerHeight });
    measure();
    addEventListener("resize", measure);
    // Phones stop the picture while the page is hidden, and some do not start it again by themselves.
    const wake = () => document.hidden || void element.play().catch(() => undefined);
    document.addEventListener("visibilitychange", wake);
    const sleep = stayAwake();
    return () => {
      sleep();
      document.removeEventListener("visibilitychange", wake);
      removeEventListener("resize", measure);
      loop.stop();
      closeCamera(element);
    };
  }, []);
  useSignalEffect(followSession);
  useEffect(() => {
    if (route.value.page === "session") return;
    const now = target.value;
    document.title = now ? `${now.view.device.name} · Nearhand` : "Nearhand";
  });
  const camera = cameraState.value;
  const VoiceNow = voice.here.value?.Voice;
  const Hall = room.value && hall.here.value;
  return (
    <main class={`hud ${panel.value ? "has-panel" : ""} ${room.value ? "in-session" : ""}`}>
      <div class="under-lock" inert={isLocked.value}>
        <video
          ref={video}
          class={`camera is-${fitOf(camera, size.value)}`}
          muted
          playsInline
          aria-hidden="true"
        />
        {Hall && camera.status === "on" && <Hall.Lens />}
        {camera.status === "on" && <Overlay box={size.value} />}
        {camera.status !== "on" && (
          <NoCamera face={targetFace.value} retry={(isDemo) => void start(video.current!, isDemo)} />
        )}
        <TopBar />
        <Captions />
        <div class="foot">
          <OnStills />
          <OverBudgetNow />
          <Messages />
          {Hall && <Hall.ShownChip />}
          {Hall && <Hall.CameraRequest />}
          {Hall && <Hall.CameraBar />}
          {VoiceNow && <VoiceNow />}
          <BottomBar />
        </div>
        {panel.value === "sheet" && target.value && <Sheet key={target.value.view.device.id} />}
        {panel.value === "talk" && <Sheet key="talk" />}
        {panel.value === "find" && (
          <Panel key="find" title={tp("find_title")} isHigh>
            <Later part={pages}>{({ Finder }) => <Finder />}</Later>
          </Panel>
        )}
        {panel.value === "ask" && (
          <Panel key="ask" title={tp("ask_title")}>
            <Later part={pages}>{({ AskForHelp }) => <AskForHelp />}</Later>
          </Panel>
        )}
        {panel.value === "still" && <StillView />}
        {panel.value === "me" && (
          <Panel key="me" title={tp("me_title")}>
            <Later part={entry}>{({ WhoAmI }) => <WhoAmI />}</Later>
          </Panel>
        )}
        {panel.value === "picture" && showing.value && (
          <Panel key="picture" title={tp("picture_title")}>
            <Later part={live}>{({ RungChoice }) => <RungChoice pictures={showing.value!} />}</Later>
          </Panel>
        )}
        {Hall && <Hall.ShownDocument />}
        {doubted.value && <DoubtedLabel doubted={doubted.value} />}
        {wrongDevice.value && <WrongDevice wrong={wrongDevice.value} />}
      </div>
      {isLocked.value && <Lock />}
      <BigSignal />
    </main>
  );
}

/** Pictures stay away because the phone's data are used up. */
function OverBudgetNow() {
  const [part, pictures] = [live.here.value, showing.value];
  return part && pictures && <part.OverBudget pictures={pictures} />;
}

async function start(video: HTMLVideoElement, isDemo = usesDemoCamera()): Promise<void> {
  lastSight.value = null;
  keepsake.value = null;
  await openCamera(video, isDemo);
  if (cameraState.value.status === "on") loop.start(video);
}
