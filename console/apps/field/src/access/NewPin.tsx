/** Choose a PIN, twice; where there is one already, only after proving who it is. */
import { Refusal } from "@nearhand/contract";
import { useState } from "preact/hooks";
import { ask } from "../rest";
import { t } from "../words/access";
import { me } from "./actor";
import { refreshMe } from "./identity";
import { Pad } from "./Pad";
import { whyNot } from "./SecondStep";

const MINUTE_S = 60;

export function NewPin({ done }: { done: () => void }) {
  const [first, setFirst] = useState<string | null>(null);
  /** Chosen, and waiting for the person to prove who they are. */
  const [held, setHeld] = useState<string | null>(null);
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);

  async function trying(act: () => Promise<unknown>) {
    setBusy(true);
    setProblem("");
    try {
      await act();
    } catch (error) {
      setProblem(whyNot(error));
    } finally {
      setBusy(false);
    }
  }

  const set = (pin: string) =>
    trying(async () => {
      try {
        await ask("/me/pin", { method: "POST", json: { pin } });
      } catch (error) {
        if (!(error instanceof Refusal && error.code === "confirm_first")) throw error;
        return setHeld(pin);
      }
      await refreshMe();
      done();
    });

  function take(pin: string) {
    setProblem("");
    if (first === null) return setFirst(pin);
    setFirst(null);
    if (pin === first) void set(pin);
    else setProblem(t("pin_differs"));
  }

  if (held !== null)
    return (
      <Confirm
        problem={problem}
        isBusy={isBusy}
        give={(secret) =>
          trying(async () => {
            await ask("/me/confirm", { method: "POST", json: secret });
            await set(held);
          })
        }
      />
    );
  const question = t(first === null ? "pin_choose" : "pin_again");
  const idleS = me.value?.locks_after_s;
  return (
    <section class="new-pin">
      <h2>{question}</h2>
      {idleS && <p class="soft">{t("pin_why", { n: Math.round(idleS / MINUTE_S) })}</p>}
      <p class="problem" role="alert">
        {problem}
      </p>
      <Pad key={question} label={question} isBusy={isBusy} take={take} />
      <button type="button" class="quiet" onClick={done}>
        {t("pin_later")}
      </button>
    </section>
  );
}

interface ConfirmProps {
  problem: string;
  isBusy: boolean;
  give: (secret: { password: string } | { code: string }) => Promise<void>;
}

/** A field for either: six digits are a code. */
function Confirm({ problem, isBusy, give }: ConfirmProps) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const secret = String(new FormData(event.currentTarget as HTMLFormElement).get("secret"));
        void give(/^[0-9]{6}$/.test(secret) ? { code: secret } : { password: secret });
      }}
    >
      <label>
        {t("confirm_title")}
        <input name="secret" type="password" autocomplete="current-password" autofocus required />
      </label>
      <p class="problem" role="alert">
        {problem}
      </p>
      <button class="big primary" disabled={isBusy}>
        {t("go_on")}
      </button>
    </form>
  );
}
