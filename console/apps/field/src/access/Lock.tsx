/** Over everything but a large signal: whose device this is, and the pad. The session behind it goes on. */
import { Refusal } from "@nearhand/contract";
import { Icon, signalWord } from "@nearhand/ui";
import { useEffect, useRef, useState } from "preact/hooks";
import { buzz } from "../hud/buzz";
import { lock as lockIcon, stop } from "../hud/icons";
import { ask, isOffline, post } from "../rest";
import { isLive, open, reconnect } from "../session/room";
import { t } from "../words/lock";
import { refusalText } from "../words/refusals";
import { actor, me } from "./actor";
import { forgetPerson, refreshMe } from "./identity";
import { unlocked } from "./lock";
import { Pad } from "./Pad";
import { SignOut } from "./SignOut";

export function Lock() {
  const box = useRef<HTMLElement>(null);
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const tries = me.value?.pin_tries_left ?? null;
  useEffect(() => box.current?.focus(), []);
  // The service cuts the line of a locked device, so it is told once no session is running. Out of reach it is not:
  // it locks by itself after as long, and the PIN is wanted here anyhow.
  const isRunning = isLive.value;
  useEffect(() => {
    if (!isRunning && !me.value?.is_locked) void ask("/me/lock", { method: "POST" }).catch(() => undefined);
  }, [isRunning]);

  async function unlock(pin: string) {
    setBusy(true);
    setProblem("");
    try {
      await post("/me/unlock", { pin });
      buzz(40);
      unlocked();
      void refreshMe();
      reconnect();
    } catch (error) {
      buzz([60, 60, 60]);
      if (!(error instanceof Refusal)) setProblem(t("needs_line"));
      else if (error.code === "wrong_credentials") await forgetPerson();
      else {
        setProblem(refusalText(error));
        await refreshMe();
      }
    } finally {
      setBusy(false);
    }
  }

  return (
    <section ref={box} class="lock" role="dialog" aria-modal="true" aria-label={t("locked")} tabIndex={-1}>
      <header>
        <Icon svg={lockIcon} size={28} />
        <h1>{t("locked")}</h1>
        <p>{actor.value?.display_name}</p>
      </header>
      <p class="lock-says" role="status">
        {isOffline.value ? t("needs_line") : problem || t("enter_pin")}
        {!isOffline.value && tries !== null && tries < ALL_TRIES && (
          <b data-testid="tries-left">{t(tries === 1 ? "last_try" : "tries_left", { n: tries })}</b>
        )}
      </p>
      <Pad label={t("enter_pin")} isBusy={isBusy} take={(pin) => void unlock(pin)} />
      <footer>
        {isLive.value && (
          <button type="button" class="big is-stop" onClick={() => open.value?.commands.signal("stop")}>
            <Icon svg={stop} size={24} /> {signalWord("stop")}
          </button>
        )}
        <SignOut />
      </footer>
    </section>
  );
}

const ALL_TRIES = 5;
