/** Call an expert: about the device in view, with a sentence if one comes to mind. */
import { Refusal } from "@nearhand/contract";
import { Icon } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { target } from "../device/target";
import { lifeBuoy } from "../hud/icons";
import { closePanel } from "../hud/panels";
import { refusalText } from "../words/refusals";
import { t } from "../words/talk";
import { askForHelp } from "./help";
import { notice } from "./notices";

export function AskForHelp() {
  const [subject, setSubject] = useState("");
  const [isBusy, setBusy] = useState(false);
  const device = target.value?.view.device;

  async function call(event: SubmitEvent) {
    event.preventDefault();
    setBusy(true);
    try {
      await askForHelp(device?.id ?? null, subject.trim());
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      notice.value = { text: refusalText(error), at: Date.now() };
    }
    closePanel();
  }

  return (
    <form class="ask" onSubmit={(event) => void call(event)}>
      <p>{device ? t("ask_about", { name: device.name }) : t("ask_no_device")}</p>
      <label>
        {t("ask_subject")}
        <textarea
          rows={3}
          maxLength={300}
          value={subject}
          onInput={(e) => setSubject(e.currentTarget.value)}
        />
      </label>
      <button class="big primary" disabled={isBusy}>
        <Icon svg={lifeBuoy} /> {t("ask_send")}
      </button>
    </form>
  );
}
