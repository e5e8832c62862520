/** Sign a phone in for long: it scans a code that is good for ten minutes. */
import type { Enrolment } from "@nearhand/contract";
import { Button, Dialog, Field, timer } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { submits, textOf, useActing } from "../access/acting";
import { proved } from "../access/proving";
import { ShownOnce } from "../access/ShownOnce";
import { post } from "../rest";
import { useNow } from "../shell/now";
import { t as tShared } from "../words";
import { t } from "./words";

export function Phone() {
  const [enrolment, setEnrolment] = useState<Enrolment>();
  const acting = useActing();
  const offer = async (device_name: string) =>
    setEnrolment(await proved(() => post<Enrolment>("/enrolments", { device_name })));
  return (
    <section class="panel" aria-labelledby="phone">
      <h2 id="phone">{t("phone")}</h2>
      <p class="soft">{t("phoneHint")}</p>
      <form class="form" onSubmit={submits((form) => acting.run(() => offer(textOf(form, "device_name"))))}>
        <Field label={t("deviceName")} name="device_name" maxLength={80} required error={acting.problem} />
        <div>
          <Button type="submit" isBusy={acting.isBusy} data-testid="enrol">
            {t("showCode")}
          </Button>
        </div>
      </form>
      {enrolment && <Scan enrolment={enrolment} onClose={() => setEnrolment(undefined)} />}
    </section>
  );
}

function Scan({ enrolment, onClose }: { enrolment: Enrolment; onClose: () => void }) {
  const left = Date.parse(enrolment.expires_at) - useNow();
  return (
    <Dialog title={enrolment.device_name} onClose={onClose}>
      {left > 0 ? (
        <>
          <ShownOnce
            label={t("phoneLink")}
            text={enrolment.url}
            qrSvg={enrolment.qr_svg}
            hint={t("phoneScan")}
          />
          <p class="soft">{t("timeLeft", { time: timer(left) })}</p>
        </>
      ) : (
        <p role="status">{t("codeOver")}</p>
      )}
      <div class="ui-actions">
        <Button onClick={onClose}>{tShared("close")}</Button>
      </div>
    </Dialog>
  );
}
