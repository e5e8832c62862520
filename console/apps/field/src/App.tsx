/** Which screen is on: signing in, or the camera with all that floats on it. */
import type { Actor } from "@nearhand/contract";
import { useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Entrance } from "./access/Entrance";
import { actor, loadDemo } from "./access/identity";
import { isLocked } from "./access/lock";
import { entry, signIn } from "./access/part";
import { isRefused } from "./device/doubt";
import { problemOf } from "./device/recognise";
import { isLooking, lookProblem, showById, showByLabel, target } from "./device/target";
import { Hud } from "./hud/Hud";
import { Later } from "./hud/Later";
import { fetchAhead, quiet } from "./part";
import { route, type Route } from "./routes";
import { loadManuals } from "./session/guide";
import { followSession } from "./session/follow";
import { showLastDevice } from "./session/follow";
import { findMySession } from "./session/mine";
import { enterSession, leaveSession } from "./session/room";
import { live } from "./session/part";
import { sendWhatIsLeft } from "./session/unsent";
import { pages } from "./sheet/part";

export function App() {
  if (actor.value === undefined) return <div class="boot" aria-busy="true" />;
  if (route.value.page === "enrol") return <Entrance />;
  if (route.value.page === "signed-in") return <Later part={entry}>{({ SignedIn }) => <SignedIn />}</Later>;
  if (actor.value === null) return <Later part={signIn}>{({ SignIn }) => <SignIn />}</Later>;
  return <Signed who={actor.value} />;
}

function Signed({ who }: { who: Actor }) {
  const now = route.value;
  const locked = isLocked.value;
  useEffect(() => {
    if (!locked) void follow(now, who);
  }, [now, who, locked]);
  useSignalEffect(followSession);
  useEffect(() => void loadDemo().catch(() => undefined), []);
  useEffect(() => {
    if (now.page !== "session") void findMySession(who.participant_id);
  }, [now.page, who]);
  useEffect(() => void quiet().then(() => fetchAhead(pages, live, entry, signIn)), []);
  const deviceId = target.value?.view.device.id;
  useEffect(() => {
    if (!deviceId) return;
    fetchAhead(pages);
    void loadManuals(deviceId).catch(() => undefined);
  }, [deviceId]);
  return <Hud />;
}

/** Go where the address says. */
async function follow(now: Route, who: Actor): Promise<void> {
  if (now.page === "session") {
    void showLastDevice(now.id).catch(() => undefined);
    await enterSession(now.id, who);
    return sendWhatIsLeft(now.id);
  }
  await leaveSession();
  void sendWhatIsLeft(null);
  if (now.page === "scan" || now.page === "enrol" || now.page === "signed-in") return;
  isLooking.value = true;
  try {
    await (now.page === "label" ? showByLabel(now.code) : showById(now.id));
  } catch (error) {
    const text = now.page === "label" ? now.code : now.id;
    if (!isRefused(error, text)) lookProblem.value = problemOf(error, text);
  } finally {
    isLooking.value = false;
  }
}
