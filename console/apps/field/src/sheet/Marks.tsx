/** Marks on the device: of this session, and those kept from earlier visits. */
import { type Annotation, isOnFace, isOnStill } from "@nearhand/contract";
import { dateTime, FaceDrawing, fixedText } from "@nearhand/ui";
import { faceOf, keptMarks, type Target } from "../device/target";
import { marksHere } from "../overlay/Overlay";
import { marksOnStills, openStill } from "../session/onStills";
import { nameOf, room } from "../session/room";
import { t as th } from "../words/hud";
import { t as tn } from "../words/names";
import { t } from "../words/sheet";

export function Marks({ target }: { target: Target }) {
  const face = faceOf(target.view, target.side);
  const { id } = target.view.device;
  const inSession = (room.value?.annotations ?? [])
    .filter(isOnFace)
    .filter((mark) => mark.anchor.device_id === id && !mark.is_hidden);
  const ids = new Set(inSession.map((mark) => mark.id));
  const kept = keptMarks.value.filter((mark) => !ids.has(mark.id));
  return (
    <>
      {face && (
        <FaceDrawing
          face={face}
          title={th("face_drawing", { name: target.view.device.name })}
          labels={target.labels.filter((label) => label.face === target.side)}
          marks={marksHere.value}
        />
      )}
      {inSession.length + kept.length + marksOnStills.value.length === 0 && (
        <p class="soft">{t("no_marks")}</p>
      )}
      <MarkRows title={t("marks_session")} marks={inSession} />
      <MarkRows title={t("marks_on_stills")} marks={marksOnStills.value} />
      <MarkRows title={t("marks_kept")} marks={kept} />
    </>
  );
}

function MarkRows({ title, marks }: { title: string; marks: readonly Annotation[] }) {
  if (marks.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul class="rows">
        {marks.map((mark) => (
          <li key={mark.id} class={isOnFace(mark) ? "mark-row" : ""}>
            {isOnStill(mark) ? (
              <button type="button" onClick={() => openStill(mark.anchor.sha256)}>
                <InWords mark={mark} />
                <span class="row-act">{t("open_still")}</span>
              </button>
            ) : (
              <InWords mark={mark} />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function InWords({ mark }: { mark: Annotation }) {
  const facts = [
    mark.text && tn(mark.shape),
    isOnFace(mark) && mark.anchor.port,
    fixedText(mark),
    nameOf(mark.created_by),
    dateTime(mark.created_at),
  ];
  return (
    <>
      <b>{mark.text || tn(mark.shape)}</b>
      <small>{facts.filter(Boolean).join(" · ")}</small>
    </>
  );
}
