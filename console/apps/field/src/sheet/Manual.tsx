/** The device's guides, step by step, and its documents. */
import { API, type Document, type Guide } from "@nearhand/contract";
import { Icon, localText, Skeleton, useLoad } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { ZoomedFace } from "../device/ZoomedFace";
import { faceOf, type Target } from "../device/target";
import { check, warning } from "../hud/icons";
import {
  guide,
  leaveGuide,
  loadManuals,
  manuals,
  progress,
  showStep,
  startGuide,
  step,
  stepBack,
  stepDone,
} from "../session/guide";
import { t as th } from "../words/hud";
import { t } from "../words/sheet";
import { Documents, Reader } from "./Documents";
import { Failed } from "./History";

export function Manual({ target }: { target: Target }) {
  const { id } = target.view.device;
  const loaded = useLoad(`manuals ${id}`, () => loadManuals(id));
  const [opened, setOpened] = useState<Document | null>(null);
  const known = manuals.value?.deviceId === id ? manuals.value.data : null;
  if (guide.value) return <Following target={target} guide={guide.value} />;
  if (!known && loaded.status === "failed") return <Failed reload={loaded.reload} />;
  if (!known) return <Skeleton rows={6} />;
  if (opened) return <Reader document={opened} onClose={() => setOpened(null)} />;
  return (
    <>
      <section>
        <h3>{t("guides")}</h3>
        {known.guides.length === 0 && <p class="soft">{t("no_guides")}</p>}
        <ul class="rows">
          {known.guides.map((one) => (
            <li key={one.id}>
              <button type="button" onClick={() => startGuide(one)}>
                <b>{localText(one.title)}</b>
                <small>{t("steps", { n: one.steps.length })}</small>
                <span class="row-act">{t("start")}</span>
              </button>
            </li>
          ))}
        </ul>
      </section>
      <Documents documents={known.documents} onOpen={setOpened} />
    </>
  );
}

function Following({ target, guide: whole }: { target: Target; guide: Guide }) {
  const at = progress.value!.step;
  const now = step.value;
  return (
    <section class="following">
      <h3>{localText(whole.title)}</h3>
      <ol class="step-dots" aria-hidden="true">
        {whole.steps.map((_, i) => (
          <li key={i} class={progress.value!.done.includes(i) ? "is-done" : i === at ? "is-now" : ""} />
        ))}
      </ol>
      {now ? (
        <OneStep target={target} number={at + 1} all={whole.steps.length} step={now} />
      ) : (
        <AllDone all={whole.steps.length} />
      )}
      <nav class="thumb">
        <button type="button" class="big" disabled={at === 0} onClick={stepBack}>
          {th("back")}
        </button>
        <button type="button" class="big" onClick={leaveGuide}>
          {t("leave_guide")}
        </button>
        {now ? (
          <button type="button" class="big primary" onClick={stepDone}>
            {th("done")}
          </button>
        ) : (
          <button type="button" class="big primary" onClick={leaveGuide}>
            {th("finish")}
          </button>
        )}
      </nav>
      <ol class="rows steps">
        {whole.steps.map((one, i) => (
          <li key={i}>
            <button
              type="button"
              aria-current={i === at ? "step" : undefined}
              onClick={() => showStep({ ...progress.value!, step: i })}
            >
              {progress.value!.done.includes(i) ? <Icon svg={check} /> : <i>{i + 1}</i>}
              <span>{localText(one.text)}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

interface OneStepProps {
  target: Target;
  number: number;
  all: number;
  step: Guide["steps"][number];
}

function OneStep({ target, number, all, step: now }: OneStepProps) {
  const face = faceOf(target.view, now.face);
  const [caution, proof] = [localText(now.caution ?? {}), localText(now.proof ?? {})];
  return (
    <article class="one-step" aria-live="polite">
      <small>{th("step_of", { n: number, all })}</small>
      <p class="step-words">{localText(now.text)}</p>
      {caution && (
        <p class="caution">
          <Icon svg={warning} size={18} /> <b>{th("caution")}</b> {caution}
        </p>
      )}
      {face && now.ports.length > 0 && (
        <ZoomedFace
          face={face}
          title={`${th("face_drawing", { name: target.view.device.name })}: ${now.ports.join(", ")}`}
          ports={new Set(now.ports)}
        />
      )}
      {now.picture_sha256 && (
        <img
          class="step-picture"
          src={`${API}/pictures/${now.picture_sha256}`}
          alt={t("picture_of_step")}
          loading="lazy"
        />
      )}
      {proof && (
        <p class="proof">
          <Icon svg={check} size={18} /> <b>{t("proof")}</b> {proof}
        </p>
      )}
    </article>
  );
}

function AllDone({ all }: { all: number }) {
  return (
    <p class="step-words is-done">
      <Icon svg={check} /> {th("all_done", { all })}
    </p>
  );
}
