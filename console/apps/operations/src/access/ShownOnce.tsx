/** A secret that the service tells this once: to copy, and as a QR code where a phone takes it. */
import { Button, notify } from "@nearhand/ui";
import copy from "lucide-static/icons/copy.svg?raw";
import { useId, useRef } from "preact/hooks";
import { t } from "./words";

interface ShownOnceProps {
  label: string;
  text: string;
  qrSvg?: string;
  hint?: string;
}

export function ShownOnce({ label, text, qrSvg, hint }: ShownOnceProps) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const take = async () => {
    field.current!.select();
    // Without TLS there is no clipboard API; the old command still copies what is selected.
    const isCopied = await (navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    ) ?? document.execCommand("copy"));
    if (isCopied) notify(t("copied"), "good");
  };
  return (
    <div class="once">
      {hint && <p class="soft">{hint}</p>}
      {qrSvg && <Qr svg={qrSvg} label={label} />}
      <div class="ui-field">
        <label for={id}>{label}</label>
        <div class="copy-row">
          <input
            ref={field}
            id={id}
            class="ui-input"
            readOnly
            value={text}
            data-testid="once"
            onFocus={(event) => event.currentTarget.select()}
          />
          <Button look="primary" icon={copy} onClick={() => void take()}>
            {t("copy")}
          </Button>
        </div>
      </div>
    </div>
  );
}

export function Qr({ svg, label }: { svg: string; label: string }) {
  return <img class="qr" alt={label} src={`data:image/svg+xml,${encodeURIComponent(svg)}`} />;
}
