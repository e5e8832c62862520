/** Add an authenticator app: scan, type its first code. */
import type { Strengthened, TotpOffer } from "@nearhand/contract";
import { Button, Dialog, Field } from "@nearhand/ui";
import { textOf, useActing } from "../access/acting";
import { proved } from "../access/proving";
import { ShownOnce } from "../access/ShownOnce";
import { t as tAccess } from "../access/words";
import { post } from "../rest";
import { t as tShared } from "../words";
import { t } from "./words";

interface AppDialogProps {
  offer: TotpOffer;
  onConfirmed: (given: Strengthened) => void;
  onClose: () => void;
}

export function AppDialog({ offer, onConfirmed, onClose }: AppDialogProps) {
  const acting = useActing();
  const confirm = async (code: string) =>
    onConfirmed(await proved(() => post<Strengthened>("/me/totp/confirm", { code })));
  return (
    <Dialog title={t("app")} onClose={onClose}>
      <ShownOnce label={t("appSecret")} text={offer.secret} qrSvg={offer.qr_svg} hint={t("appScan")} />
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const code = textOf(event.currentTarget, "code").replaceAll(" ", "");
          void acting.run(() => confirm(code));
        }}
      >
        <Field
          label={tAccess("code")}
          name="code"
          inputMode="numeric"
          autocomplete="one-time-code"
          pattern="[0-9 ]{6,7}"
          required
          autofocus
          error={acting.problem}
        />
        <div class="ui-actions">
          <Button onClick={onClose}>{tShared("cancel")}</Button>
          <Button type="submit" look="primary" isBusy={acting.isBusy} data-testid="app-confirm">
            {t("turnOn")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
