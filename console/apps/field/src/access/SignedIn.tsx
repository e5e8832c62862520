/** The single sign-on: set out for it, and where it leads back to. */
import {
  type FactorNeeded,
  placeOf,
  providerAnswer,
  type ProviderAdmission,
  type ProviderFactorNeeded,
  type ProviderWay,
} from "@nearhand/contract";
import { useEffect, useState } from "preact/hooks";
import { post } from "../rest";
import { go, parseRoute, route } from "../routes";
import { t } from "../words/access";
import { actor } from "./actor";
import { enterAs } from "./identity";
import { SecondStep, whyNot } from "./SecondStep";
import { Languages } from "./SignIn";

/** Leaves this page. */
export async function goToProvider(): Promise<void> {
  const { url } = await post<ProviderWay>("/sign-in/provider", { to: placeOf(location) });
  location.assign(url);
  await new Promise(() => undefined); // what is tapped meanwhile would only start it again
}

export function SignedIn() {
  const [hash] = useState(takeHash);
  const [needed, setNeeded] = useState<(FactorNeeded & { to: string }) | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    finish(hash).then(setNeeded, (error: unknown) => setProblem(whyNot(error)));
  }, [hash]);
  // Whoever came in by the second step goes on too.
  useEffect(() => {
    if (needed && actor.value) goOn(needed.to);
  }, [needed, actor.value]);
  return (
    <main class="sign-in">
      <header>
        <img src="/field/icon.svg" alt="" width={56} height={56} />
        <h1>{problem ? t("not_in") : "Nearhand"}</h1>
      </header>
      {needed ? (
        <SecondStep needed={needed} back={toSignIn} />
      ) : problem ? (
        <section>
          <p role="alert">{problem}</p>
          <button type="button" class="big primary" onClick={toSignIn}>
            {t("to_sign_in")}
          </button>
        </section>
      ) : (
        <p role="status">{t("coming_back")}</p>
      )}
      <Languages />
    </main>
  );
}

/** What the provider said is good once, and belongs into no history. */
function takeHash(): string {
  const { hash } = location;
  history.replaceState(null, "", location.pathname);
  return hash;
}

async function finish(hash: string): Promise<ProviderFactorNeeded | null> {
  const answer = await post<ProviderAdmission | ProviderFactorNeeded>(
    "/sign-in/provider/finish",
    providerAnswer(hash),
  );
  if ("ticket" in answer) {
    actor.value = null; // whoever was here before is not who is asked for the second step
    return answer;
  }
  await enterAs(answer.actor);
  goOn(answer.to);
  return null;
}

function goOn(to: string): void {
  history.replaceState(null, "", to);
  route.value = parseRoute(location.pathname);
}

const toSignIn = () => go({ page: "scan" }, { replace: true });
