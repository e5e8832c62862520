/** The guide that is on: its steps, which are done, and the ports a step concerns lifted out on the face. */
import type { Guide } from "@nearhand/contract";
import { EmptyState, localText, useLoad } from "@nearhand/ui";
import bookOpen from "lucide-static/icons/book-open.svg?raw";
import { loadManuals } from "../guides/manuals";
import { Steps } from "../guides/Steps";
import { t as tGuides } from "../guides/words";
import { Shown } from "../shell/Shown";
import type { Desk } from "./desk";

export function GuideTab({ desk, deviceId }: { desk: Desk; deviceId: string }) {
  const manuals = useLoad(deviceId, (signal) => loadManuals({ device_id: deviceId }, signal));
  return <Shown of={manuals}>{({ guides }) => <Guides desk={desk} guides={guides} />}</Shown>;
}

function Guides({ desk, guides }: { desk: Desk; guides: readonly Guide[] }) {
  const shown = desk.view.value.step;
  const guide = guides.find((each) => each.id === shown?.guide_id);
  if (guides.length === 0) {
    return (
      <EmptyState icon={bookOpen} title={tGuides("noGuides")}>
        <p>{tGuides("noGuidesHint")}</p>
      </EmptyState>
    );
  }
  if (guide && shown) {
    return (
      <Steps
        guide={guide}
        current={shown.step}
        done={shown.done}
        onPort={(port) => (desk.hoveredPort.value = port)}
      />
    );
  }
  return (
    <ul class="plain-list">
      {guides.map((each) => (
        <li key={each.id}>
          <details>
            <summary>{localText(each.title)}</summary>
            <Steps guide={each} onPort={(port) => (desk.hoveredPort.value = port)} />
          </details>
        </li>
      ))}
    </ul>
  );
}
