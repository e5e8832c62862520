/** Marks that stay on the device between visits, and the way to take one off. */
import type { FaceMark } from "@nearhand/contract";
import { Confirm, date, IconButton, notify } from "@nearhand/ui";
import trash from "lucide-static/icons/trash-2.svg?raw";
import { useState } from "preact/hooks";
import { may } from "../access/identity";
import { nameOfMark } from "../desk/shapes";
import { remove } from "../rest";
import { sentence } from "../shell/Shown";
import { t as tShared } from "../words";
import { t } from "./words";

interface KeptMarksProps {
  deviceId: string;
  marks: readonly FaceMark[];
  onChange: () => void;
}

export function KeptMarks({ deviceId, marks, onChange }: KeptMarksProps) {
  const [asked, setAsked] = useState<FaceMark>();
  if (marks.length === 0) return <p class="soft">{t("noKeptMarks")}</p>;
  const takeOff = async (mark: FaceMark) => {
    setAsked(undefined);
    try {
      await remove(`/devices/${deviceId}/marks/${mark.id}`);
      onChange();
    } catch (error) {
      notify(sentence(error), "bad");
    }
  };
  return (
    <ul class="marks">
      {marks.map((mark) => (
        <li key={mark.id} class="mark-row" data-annotation-id={mark.id}>
          <span class="mark-name">
            <b>{nameOfMark(mark)}</b>
            <small class="soft">
              {t(mark.anchor.face)} · {date(mark.created_at)}
            </small>
          </span>
          {may("marks.write") && (
            <IconButton svg={trash} label={t("removeMark")} onClick={() => setAsked(mark)} />
          )}
        </li>
      ))}
      {asked && (
        <Confirm
          title={t("removeMark")}
          body={t("removeMarkAsk")}
          yes={t("removeMark")}
          no={tShared("cancel")}
          onYes={() => void takeOff(asked)}
          onNo={() => setAsked(undefined)}
        />
      )}
    </ul>
  );
}
