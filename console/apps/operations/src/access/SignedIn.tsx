/** Where the single sign-on leads back to: one is let in, asked for a second factor, or told why not. */
import { Button, Skeleton, useLoad } from "@nearhand/ui";
import { useEffect, useState } from "preact/hooks";
import { navigate } from "../router";
import { BASE, paths } from "../routes";
import { sentence } from "../shell/Shown";
import { useActing } from "./acting";
import { Gate } from "./Gate";
import { me } from "./identity";
import { comeBack, goToProvider } from "./provider";
import { SecondStep } from "./SecondStep";
import { Wrong } from "./SignIn";
import { t } from "./words";

export function SignedIn() {
  const [hash] = useState(takeHash);
  // First of all it must be known who is here: a late "nobody" would else be believed of whoever has just come in.
  return me.value === undefined ? <Waiting /> : <Return hash={hash} />;
}

/** What the provider said is good once, and belongs into no history. */
function takeHash(): string {
  const { hash } = location;
  history.replaceState(null, "", location.pathname);
  return hash;
}

function Return({ hash }: { hash: string }) {
  const back = useLoad("came-back", () => comeBack(hash));
  const { data } = back;
  useEffect(() => {
    if (data && me.value) goOn(data.to);
  }, [data, me.value]);
  if (back.status === "failed") return <NotIn error={back.error} />;
  if (data?.step && !me.value) return <SecondStep step={data.step} onBack={() => navigate(paths.wall)} />;
  return <Waiting />;
}

function goOn(to: string): void {
  if (to === BASE || to.startsWith(`${BASE}/`) || to.startsWith(`${BASE}?`)) navigate(to, { replace: true });
  else location.replace(to);
}

function Waiting() {
  return (
    <Gate title={t("comingBack")}>
      <Skeleton />
    </Gate>
  );
}

function NotIn({ error }: { error: unknown }) {
  const acting = useActing();
  return (
    <Gate title={t("notIn")}>
      <p class="notice" role="alert">
        {sentence(error)}
      </p>
      {acting.problem && <Wrong>{acting.problem}</Wrong>}
      <Button
        look="primary"
        isBusy={acting.isBusy}
        onClick={() => void acting.run(() => goToProvider({ to: paths.wall, again: true }))}
      >
        {t("tryAgain")}
      </Button>
      <a href={paths.wall}>{t("backToSignIn")}</a>
    </Gate>
  );
}
