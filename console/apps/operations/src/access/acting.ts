/** One act at a time of a form: whether it runs, and in words why it did not succeed. */
import type { TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import { sentence } from "../shell/Shown";
import { refusalTitle } from "../shell/refusals";
import { NoPasskey } from "./passkeys";
import { NotProved } from "./proving";
import { t } from "./words";

export interface Acting {
  isBusy: boolean;
  problem: string | undefined;
  /** Whether it succeeded. */
  run: (act: () => Promise<unknown>) => Promise<boolean>;
}

export function useActing(words: (error: unknown) => string = accessSentence): Acting {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const run = async (act: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await act();
      return true;
    } catch (error) {
      setProblem(words(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, problem, run };
}

export function accessSentence(error: unknown): string {
  if (error instanceof NotProved) return refusalTitle({ code: "confirm_first", status: 403, title: "" });
  if (error instanceof NoPasskey) return t("noPasskeyUsed");
  if (error instanceof DOMException && error.name === "InvalidStateError") return t("passkeyKnown");
  return sentence(error);
}

/** A text field of a form that was sent. */
export const textOf = (form: HTMLFormElement, name: string): string =>
  String(new FormData(form).get(name) ?? "");

/** What a form does when it is sent, instead of leaving the page. */
export const submits =
  (act: (form: HTMLFormElement) => Promise<unknown>) =>
  (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void act(event.currentTarget);
  };
