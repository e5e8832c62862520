/** The whole screen for one still and its marks; its button or Escape leads back to the camera. */
import { Icon } from "@nearhand/ui";
import { useEffect, useRef } from "preact/hooks";
import { pages } from "../sheet/part";
import { t } from "../words/hud";
import { x } from "./icons";
import { Later } from "./Later";
import { closePanel } from "./panels";

export function StillView() {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.focus();
    return () => before?.focus();
  }, []);
  return (
    <section ref={box} class="still-view" role="dialog" aria-label={t("on_still")} tabIndex={-1}>
      <header>
        <h2>{t("on_still")}</h2>
        <button type="button" class="close" aria-label={t("close")} onClick={closePanel}>
          <Icon svg={x} size={24} />
        </button>
      </header>
      <Later part={pages}>{({ OnStill }) => <OnStill />}</Later>
    </section>
  );
}
