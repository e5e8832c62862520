/** Six digits, entered with gloves on: large keys, a buzz for each, and never a digit on the screen. */
import { Icon } from "@nearhand/ui";
import { useEffect, useState } from "preact/hooks";
import { buzz } from "../hud/buzz";
import { backspace } from "../hud/icons";
import { t } from "../words/lock";

const DIGITS = 6;
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

interface PadProps {
  label: string;
  isBusy?: boolean;
  /** The pad is empty again once they are taken. */
  take: (pin: string) => void;
}

export function Pad({ label, isBusy = false, take }: PadProps) {
  const [pin, setPin] = useState("");

  function press(digit: string) {
    if (isBusy) return;
    buzz(15);
    const next = pin + digit;
    if (next.length < DIGITS) return setPin(next);
    setPin("");
    take(next);
  }

  function back() {
    buzz(15);
    setPin(pin.slice(0, -1));
  }

  useEffect(() => {
    const type = ({ key }: KeyboardEvent) => {
      if (/^[0-9]$/.test(key)) press(key);
      else if (key === "Backspace") back();
    };
    addEventListener("keydown", type);
    return () => removeEventListener("keydown", type);
  });

  return (
    <div class="pad" role="group" aria-label={label} aria-busy={isBusy}>
      <p class="pad-dots" role="img" aria-label={t("digits_in", { n: pin.length, all: DIGITS })}>
        {Array.from({ length: DIGITS }, (_, n) => (
          <i key={n} class={n < pin.length || isBusy ? "is-in" : ""} />
        ))}
      </p>
      {KEYS.map((digit) => (
        <button key={digit} type="button" disabled={isBusy} onClick={() => press(digit)}>
          {digit}
        </button>
      ))}
      <span />
      <button type="button" disabled={isBusy} onClick={() => press("0")}>
        0
      </button>
      <button type="button" aria-label={t("take_back")} disabled={isBusy || !pin} onClick={back}>
        <Icon svg={backspace} size={28} />
      </button>
    </div>
  );
}
