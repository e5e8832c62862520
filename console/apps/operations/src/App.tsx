/** The console: who is asking, then the view their address names. */
import { EmptyState, Skeleton, Toasts, useLoad } from "@nearhand/ui";
import { effect, untracked } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { forgetMe, me, recallMe } from "./access/identity";
import { Join } from "./access/Join";
import { LockedNotice } from "./access/LockedNotice";
import { ProofDialog } from "./access/ProofDialog";
import { Reset } from "./access/Reset";
import { SignedIn } from "./access/SignedIn";
import { SignIn } from "./access/SignIn";
import { Welcome } from "./access/Welcome";
import { AccountPage } from "./account/AccountPage";
import { AuditPage } from "./audit/AuditPage";
import { Desk } from "./desk/Desk";
import { sendLeftovers } from "./desk/leftovers";
import { DeviceForm } from "./devices/DeviceForm";
import { DevicePage } from "./devices/DevicePage";
import { DevicesPage } from "./devices/DevicesPage";
import { ImportPage } from "./devices/ImportPage";
import { GuidePage } from "./guides/GuidePage";
import { GuidesPage } from "./guides/GuidesPage";
import { LabelsPage } from "./labels/LabelsPage";
import { LinksPage } from "./links/LinksPage";
import { PeoplePage } from "./people/PeoplePage";
import { PersonPage } from "./people/PersonPage";
import { PlacesPage } from "./places/PlacesPage";
import { RackPage } from "./places/RackPage";
import { TenantsPage } from "./places/TenantsPage";
import { ReplayPage } from "./replay/ReplayPage";
import { signedOut } from "./rest";
import { route } from "./router";
import { paths, type Route } from "./routes";
import { Shell } from "./shell/Shell";
import { Failed } from "./shell/Shown";
import { Wall } from "./wall/Wall";
import { t } from "./words";

effect(() => {
  if (signedOut.value > 0) untracked(forgetMe);
});

export function App() {
  return (
    <>
      <Inside />
      <ProofDialog />
      <Toasts />
    </>
  );
}

function Inside() {
  const asked = useLoad("me", recallMe);
  const here = route.value;
  useEffect(() => void sendLeftovers(), [me.value]);
  if (here.view === "join") return <Join id={here.id} />;
  if (here.view === "welcome") return <Welcome />;
  if (here.view === "reset") return <Reset />;
  if (here.view === "signed-in") return <SignedIn />;
  if (me.value === null) return <SignIn />;
  if (asked.status === "failed") return <Failed error={asked.error} retry={asked.reload} />;
  if (me.value === undefined) return <Skeleton />;
  if (me.value.is_locked) return <LockedNotice />;
  return (
    <Shell>
      <View route={whereTo(here)} />
    </Shell>
  );
}

/** A guest has one session and nothing else: any other address leads there. So for who must add a second factor. */
function whereTo(here: Route): Route {
  if (me.value?.must_enrol) return { view: "account" };
  const session = me.value?.session_id;
  if (!session || (here.view === "replay" && here.id === session)) return here;
  return { view: "desk", id: session };
}

function View({ route: here }: { route: Route }) {
  switch (here.view) {
    case "wall":
      return <Wall />;
    case "desk":
      return <Desk key={here.id} id={here.id} />;
    case "replay":
      return <ReplayPage key={here.id} id={here.id} />;
    case "devices":
      return <DevicesPage />;
    case "device":
      return <DevicePage key={here.id} id={here.id} />;
    case "device-form":
      return <DeviceForm key={here.id} id={here.id} />;
    case "places":
      return <PlacesPage />;
    case "rack":
      return <RackPage key={here.id} id={here.id} />;
    case "guides":
      return <GuidesPage />;
    case "guide":
      return <GuidePage key={here.id} id={here.id} />;
    case "labels":
      return <LabelsPage />;
    case "import":
      return <ImportPage />;
    case "people":
      return <PeoplePage />;
    case "person":
      return <PersonPage key={here.id} id={here.id} />;
    case "account":
      return <AccountPage />;
    case "tenants":
      return <TenantsPage />;
    case "links":
      return <LinksPage />;
    case "audit":
      return <AuditPage />;
    case "join":
    case "welcome":
    case "reset":
    case "signed-in":
    case "unknown":
      return (
        <EmptyState title={t("notFound")}>
          <p>{t("notFoundHint")}</p>
          <a href={paths.wall}>{t("wall")}</a>
        </EmptyState>
      );
  }
}
