/** The tools on the picture's left edge, each with its key; below them undo, redo and hold. */
import { Icon, IconButton } from "@nearhand/ui";
import circle from "lucide-static/icons/circle.svg?raw";
import crosshair from "lucide-static/icons/crosshair.svg?raw";
import imagePlus from "lucide-static/icons/image-plus.svg?raw";
import mousePointer from "lucide-static/icons/mouse-pointer-2.svg?raw";
import moveUpRight from "lucide-static/icons/move-up-right.svg?raw";
import pause from "lucide-static/icons/pause.svg?raw";
import penLine from "lucide-static/icons/pen-line.svg?raw";
import play from "lucide-static/icons/play.svg?raw";
import plug from "lucide-static/icons/plug.svg?raw";
import redo from "lucide-static/icons/redo-2.svg?raw";
import tag from "lucide-static/icons/tag.svg?raw";
import type_ from "lucide-static/icons/type.svg?raw";
import undo from "lucide-static/icons/undo-2.svg?raw";
import { notify } from "@nearhand/ui";
import type { Desk } from "./desk";
import { TOOL_KEYS, TOOLS, type Tool } from "./pen";
import { t } from "./words";

const ICONS: Record<Tool, string> = {
  select: mousePointer,
  point: crosshair,
  ring: circle,
  arrow: moveUpRight,
  draw: penLine,
  text: type_,
  label: tag,
  port: plug,
};

export function Toolbar({ desk }: { desk: Desk }) {
  const { canUndo, canRedo } = desk.undo.value;
  const { commands } = desk.session;
  return (
    <div class="toolbar" role="toolbar" aria-label={t("tools")} aria-orientation="vertical">
      {TOOLS.map((tool) => (
        <button
          key={tool}
          type="button"
          class="tool"
          aria-pressed={desk.tool.value === tool}
          title={`${t(tool)} (${TOOL_KEYS[tool].toUpperCase()})`}
          aria-label={t(tool)}
          aria-keyshortcuts={TOOL_KEYS[tool].toUpperCase()}
          data-testid={`tool-${tool}`}
          onClick={() => desk.take(tool)}
        >
          <Icon svg={ICONS[tool]} />
          <kbd>{TOOL_KEYS[tool].toUpperCase()}</kbd>
        </button>
      ))}
      <hr />
      <IconButton
        svg={undo}
        label={`${t("undo")} (Ctrl-Z)`}
        disabled={!canUndo}
        onClick={() => commands.undo()}
        data-testid="undo"
      />
      <IconButton
        svg={redo}
        label={`${t("redo")} (Shift-Ctrl-Z)`}
        disabled={!canRedo}
        onClick={() => commands.redo()}
        data-testid="redo"
      />
      <IconButton
        svg={desk.isHeldByChoice ? play : pause}
        label={`${t(desk.isHeldByChoice ? "letGo" : "hold")} (F)`}
        isOn={desk.isHeldByChoice}
        onClick={() => desk.toggleHold()}
        data-testid="hold"
      />
      <IconButton
        svg={imagePlus}
        label={t("newPicture")}
        onClick={() => {
          commands.freeze(null);
          notify(t("asked"));
        }}
      />
    </div>
  );
}
