/** The page of an enrolment's code: what will happen, one button, and a PIN. */
import { type Admission, type EnrolmentShown, Unreachable } from "@nearhand/contract";
import { date, Skeleton, useLoad } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { isOffline, post } from "../rest";
import { go } from "../routes";
import { t } from "../words/access";
import { t as tp } from "../words/panels";
import { actor } from "./actor";
import { offered } from "./enrolment";
import { enterAs, signOut } from "./identity";
import { NewPin } from "./NewPin";
import { whyNot } from "./SecondStep";
import { Languages } from "./SignIn";

export function Enrol() {
  const token = offered.value;
  const [isDone, setDone] = useState(false);
  return (
    <main class="sign-in">
      <header>
        <img src="/field/icon.svg" alt="" width={56} height={56} />
        <h1>{t("enrol_title")}</h1>
      </header>
      {isDone ? (
        <NewPin done={leave} />
      ) : token ? (
        <Offer token={token} done={() => setDone(true)} />
      ) : (
        <Dead />
      )}
      <Languages />
    </main>
  );
}

function Offer({ token, done }: { token: string; done: () => void }) {
  const shown = useLoad(token, () => post<EnrolmentShown>("/enrolments/show", { token }));
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  if (shown.status === "loading") return <Skeleton rows={3} />;
  if (shown.status === "failed") {
    if (!(shown.error instanceof Unreachable)) return <Dead why={whyNot(shown.error)} />;
    return (
      <section>
        <p role="alert">{t("enrol_offline")}</p>
        <button type="button" class="big primary" onClick={shown.reload}>
          {tp("try_again")}
        </button>
      </section>
    );
  }

  async function enrol() {
    setBusy(true);
    setProblem("");
    try {
      if (actor.value) await signOut();
      const answer = await post<Admission>("/enrolments/use", { token });
      offered.value = null;
      done();
      await enterAs(answer.actor);
    } catch (error) {
      setBusy(false);
      setProblem(whyNot(error));
    }
  }

  const { device_name, display_name, signed_in_until } = shown.data;
  return (
    <section>
      <p class="enrol-what">
        {t("enrol_as", { device: device_name, name: display_name, until: date(signed_in_until) })}
      </p>
      {actor.value && <p>{t("enrol_instead", { name: actor.value.display_name })}</p>}
      <p class="soft">{t("enrol_only_if")}</p>
      <p class="problem" role="alert">
        {problem}
      </p>
      <button
        type="button"
        class="big primary"
        disabled={isBusy || isOffline.value}
        onClick={() => void enrol()}
      >
        {t("enrol")}
      </button>
      <button type="button" class="quiet" disabled={isBusy} onClick={leave}>
        {t("enrol_not")}
      </button>
    </section>
  );
}

function Dead({ why }: { why?: string }) {
  return (
    <section role="alert">
      <h2 class="title">{t("enrol_dead")}</h2>
      {why && <p>{why}</p>}
      <p>{t("enrol_none")}</p>
      <button type="button" class="big" onClick={leave}>
        {t("to_app")}
      </button>
    </section>
  );
}

function leave(): void {
  offered.value = null;
  go({ page: "scan" }, { replace: true });
}
