/** Every mark of the session as a row: what it is, how sure, whether it is saved, and what can be done to it. */
import { type Annotation, fixedBy, isOnFace } from "@nearhand/contract";
import { EmptyState, fixedText, Icon, IconButton } from "@nearhand/ui";
import circle from "lucide-static/icons/circle.svg?raw";
import circleDot from "lucide-static/icons/circle-dot.svg?raw";
import eye from "lucide-static/icons/eye.svg?raw";
import eyeOff from "lucide-static/icons/eye-off.svg?raw";
import moveUpRight from "lucide-static/icons/move-up-right.svg?raw";
import penLine from "lucide-static/icons/pen-line.svg?raw";
import pencil from "lucide-static/icons/pencil.svg?raw";
import pin from "lucide-static/icons/pin.svg?raw";
import pinOff from "lucide-static/icons/pin-off.svg?raw";
import plug from "lucide-static/icons/plug.svg?raw";
import tag from "lucide-static/icons/tag.svg?raw";
import trash from "lucide-static/icons/trash-2.svg?raw";
import typeIcon from "lucide-static/icons/type.svg?raw";
import type { Desk } from "./desk";
import { keepMark, removeMark } from "./keys";
import { nameOfMark, toolWord } from "./shapes";
import { t } from "./words";

const ICONS = { ring: circle, arrow: moveUpRight, draw: penLine, text: typeIcon, label: tag, port: plug };

export function MarksTab({ desk }: { desk: Desk }) {
  const { annotations, pending } = desk.view.value;
  const saved = annotations.filter((mark) => !pending.removing.includes(mark.id));
  if (saved.length + pending.marks.length === 0) {
    return (
      <EmptyState icon={circleDot} title={t("noMarks")}>
        <p>{t("noMarksHint")}</p>
      </EmptyState>
    );
  }
  return (
    <ul class="marks">
      {pending.marks.map((mark) => (
        <li
          key={mark.id}
          class="mark-row"
          data-testid="mark-row"
          data-annotation-id={mark.id}
          data-saved="false"
        >
          <span class="mark-name">
            <Icon svg={ICONS[toolWord(mark.shape)]} size={16} />
            <span>{mark.text || t(toolWord(mark.shape))}</span>
          </span>
          <span class="flag flag-amber">… {t("pendingMark")}</span>
        </li>
      ))}
      {[...saved].reverse().map((mark) => (
        <MarkRow
          key={mark.id}
          desk={desk}
          mark={mark}
          isSaved={!pending.edits.some((edit) => edit.id === mark.id)}
        />
      ))}
    </ul>
  );
}

function MarkRow({ desk, mark, isSaved }: { desk: Desk; mark: Annotation; isSaved: boolean }) {
  const { commands } = desk.session;
  const { shape, text } = mark;
  const anchor = isOnFace(mark) ? mark.anchor : null;
  const by = desk.view.value.participants.find((each) => each.id === mark.created_by)?.display_name;
  return (
    <li
      class={desk.chosen.value === mark.id ? "mark-row is-chosen" : "mark-row"}
      data-testid="mark-row"
      data-annotation-id={mark.id}
      data-saved={isSaved}
      data-shape={shape}
      data-port={anchor?.port ?? ""}
      data-fixed={fixedBy(mark)}
    >
      <button
        type="button"
        class="mark-name"
        aria-pressed={desk.chosen.value === mark.id}
        onClick={() => desk.choose(mark.id)}
      >
        <Icon svg={ICONS[toolWord(shape)]} size={16} />
        <span class={mark.is_hidden ? "soft" : ""}>{nameOfMark(mark)}</span>
        <small class="soft">
          {[
            mark.created_by !== desk.view.value.you?.id && by,
            fixedText(mark),
            anchor && anchor.ring_mm !== null && t("exactTo", { mm: anchor.ring_mm.toFixed(1) }),
            anchor?.is_approximate && t("approximate"),
            mark.is_kept && t("keptMark"),
            t(isSaved ? "savedMark" : "pendingMark"),
          ]
            .filter(Boolean)
            .join(" · ")}
        </small>
      </button>
      {desk.mayDraw.value && (
        <span class="mark-acts">
          <IconButton
            svg={pencil}
            label={t("editWords")}
            onClick={(event) => {
              const at = event.currentTarget.getBoundingClientRect();
              desk.words.value = {
                at: { left: at.left, top: at.bottom },
                text,
                onDone: (next) =>
                  next !== null && next !== text && commands.editAnnotation(mark.id, { text: next }),
              };
            }}
          />
          <IconButton
            svg={mark.is_hidden ? eyeOff : eye}
            label={`${t(mark.is_hidden ? "show" : "hide")} (H)`}
            onClick={() => commands.editAnnotation(mark.id, { isHidden: !mark.is_hidden })}
          />
          <IconButton
            svg={mark.is_kept ? pinOff : pin}
            label={`${t(mark.is_kept ? "unkeep" : "keep")} (K)`}
            isOn={mark.is_kept}
            disabled={!anchor}
            onClick={() => keepMark(desk, mark)}
          />
          <IconButton
            svg={trash}
            label={`${t("removeMark")} (Del)`}
            onClick={() => removeMark(desk, mark.id)}
            data-testid="mark-remove"
          />
        </span>
      )}
    </li>
  );
}
